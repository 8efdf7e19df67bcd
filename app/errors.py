"""What can go wrong in the office's words: one class, a stable code, an HTTP status and one sentence."""

from collections.abc import Mapping

from app.words import Words


class SchoolError(Exception):
    """An expected refusal; nothing has been changed when it is raised.

    `code` is stable for programs, `message` is one sentence for people, `param` names the field at fault.
    """

    code = "invalid"
    status = 422
    kind = "invalid_request"

    def __init__(
        self,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        details: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message if isinstance(message, Words) else Words(message)
        self.param = param
        self.code = code or type(self).code
        self.details = dict(details or {})


class Invalid(SchoolError):
    """A value that the office would not accept."""


class Missing(SchoolError):
    """The row that was asked for does not exist."""

    code = "not_found"
    status = 404
    kind = "not_found"


class Conflict(SchoolError):
    """The row has changed, or stands in a state that does not allow this."""

    code = "conflict"
    status = 409
    kind = "conflict"


class Stale(Conflict):
    """Somebody else saved first; `details` carries `yours` and `current`."""

    code = "stale_version"


class KeyReused(SchoolError):
    """The same idempotency key came with another request."""

    code = "idempotency_key_reused"


class NotSignedIn(SchoolError):
    """No valid session or token."""

    code = "not_signed_in"
    status = 401
    kind = "authentication"


class Forbidden(SchoolError):
    """The role does not allow this."""

    code = "forbidden"
    status = 403
    kind = "permission"


class Unavailable(SchoolError):
    """Nothing can be saved just now; the same request may be sent again after `retry_after` seconds."""

    code = "unavailable"
    status = 503
    kind = "unavailable"
    retry_after = 5


class DatabaseBusy(Unavailable):
    """Another program holds the database's write lock; try again in a moment."""

    code = "database_busy"
    retry_after = 2

    def __init__(self) -> None:
        super().__init__("The database is busy; nothing was saved. Please try again in a moment.")


class DatabaseGone(Unavailable):
    """The connection to the database broke; what was being saved is there or not, all of it or nothing."""

    code = "database_unreachable"

    def __init__(self) -> None:
        super().__init__(
            "The database cannot be reached. Look whether this was saved before you enter it again; "
            "sending the same form once more is safe."
        )


class StorageFull(Unavailable):
    """The disk took nothing more."""

    code = "storage_full"
    status = 507

    def __init__(self) -> None:
        super().__init__("The disk is full; nothing was saved. Free some space and try again.")


class StorageFailed(Unavailable):
    """The disk reported an error; what was being saved is there or not, all of it or nothing."""

    code = "storage_failed"

    def __init__(self) -> None:
        super().__init__(
            "The disk reported an error. Look whether this was saved before you enter it again; "
            "sending the same form once more is safe."
        )


GUARDS: Mapping[str, SchoolError] = {
    "amount_paid_disagrees": Conflict(
        "The amount paid of a fee can only follow its payments.", param="amount_paid", code="amount_paid_disagrees"
    ),
    "fee_over_settled": Conflict(
        "This would settle a fee for more than is owed.", param="amount", code="fee_over_settled"
    ),
    "payment_over_allocated": Conflict(
        "The shares add up to more than the payment.", param="allocations", code="payment_over_allocated"
    ),
    "payment_append_only": Conflict(
        "A receipt is never changed or deleted; void it instead.", code="payment_append_only"
    ),
    "allocation_append_only": Conflict(
        "The shares of a receipt are never changed or deleted.", code="allocation_append_only"
    ),
    "allocation_wrong_student": Conflict(
        "A payment can only settle fees of its own student.", param="allocations", code="allocation_wrong_student"
    ),
    "system_transaction": Conflict(
        "This row of the cash book was made by a receipt and cannot be changed by hand.", code="system_transaction"
    ),
    "activity_append_only": Conflict("The activity log is never changed.", code="activity_append_only"),
    "seal_append_only": Conflict("A seal of the activity log is never changed.", code="seal_append_only"),
    "fee_has_payments": Conflict(
        "A fee with payments cannot be removed or given to another student.", code="fee_has_payments"
    ),
    "cancelled_fee": Conflict("A cancelled fee takes no payments.", code="cancelled_fee"),
    "category_type_fixed": Conflict(
        "A category that has rows keeps its type.", param="type", code="category_type_fixed"
    ),
    "school_fees_stays": Conflict(
        "The category School Fees takes the fee income; it stays as it is.", code="school_fees_stays"
    ),
    "needs_recursive_triggers": Conflict(
        "Replacing rows needs PRAGMA recursive_triggers = ON, or the figures would miss what was replaced.",
        code="needs_recursive_triggers",
    ),
    "needs_delete": Conflict(
        "This table is emptied row by row, or the figures would miss what was removed.", code="needs_delete"
    ),
    "needs_foreign_keys": Conflict(
        "Removing this row needs PRAGMA foreign_keys = ON, or what belongs to it would be left behind.",
        code="needs_foreign_keys",
    ),
}
"""Short codes that the database's guards raise, and the sentence each stands for."""

_BILLED_ONCE = Conflict(
    "This student is billed for this fee type in this term already.", param="fee_type_id", code="billed_once"
)
CONSTRAINTS: Mapping[str, SchoolError] = {
    "uq_payments_request_key": KeyReused("This Idempotency-Key was used for another request.", param="Idempotency-Key"),
    "ux_fees_billed_once": _BILLED_ONCE,
    "fees.student_id, fees.fee_type_id, fees.term_id": _BILLED_ONCE,
    "uq_fees_billing_run_id_student_id_fee_type_id": _BILLED_ONCE,
    "fees.billing_run_id, fees.student_id, fees.fee_type_id": _BILLED_ONCE,
}
"""Constraints that two requests at the same moment can run into, and what it means for the later one."""
