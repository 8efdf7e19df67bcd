"""Promises that hold whoever writes. Each guard refuses a row with a short code that `app.errors.GUARDS` explains.

The conditions are SQL for both databases, with OLD and NEW for the row.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from app.extensions import db
from app.statistics.balances import payment_of


@dataclass(frozen=True)
class Guard:
    """One trigger that refuses a row: when it looks, at which rows, and why."""

    name: str
    event: str
    when: str
    code: str


_LIVE = (
    "(SELECT coalesce(sum(a.amount), 0) FROM payment_allocations AS a JOIN payments AS p ON p.id = a.payment_id "
    "WHERE a.fee_id = NEW.id AND p.voided_at IS NULL)"
)
_DAY_CLOSED = (
    "EXISTS (SELECT 1 FROM day_closes AS d JOIN payments AS p ON p.id = OLD.payment_id "
    "WHERE d.closed_on = OLD.transaction_date AND d.method = OLD.payment_method "
    "AND (d.cashier_id IS NULL OR d.cashier_id = p.received_by))"
)
_SEALED_AWAY = (
    "EXISTS (SELECT 1 FROM activity_seals WHERE archived_at IS NOT NULL AND OLD.id BETWEEN from_id AND to_id)"
)

_RIGHT_ROW = (
    "CASE WHEN NEW.reverses_id IS NOT NULL THEN EXISTS (SELECT 1 FROM financial_transactions AS t "
    "WHERE t.id = NEW.reverses_id AND t.amount = -NEW.amount AND t.type = NEW.type AND t.category_id = NEW.category_id "
    "AND t.reference IS NOT DISTINCT FROM NEW.reference "
    "AND t.payment_id IS NOT DISTINCT FROM coalesce(NEW.payment_id, t.payment_id) "
    "AND NEW.allocation_id IS NULL)\n"
    "  WHEN NEW.allocation_id IS NOT NULL THEN EXISTS (SELECT 1 FROM payment_allocations AS a "
    "WHERE a.id = NEW.allocation_id AND a.payment_id = coalesce(NEW.payment_id, a.payment_id) "
    "AND a.amount = NEW.amount AND NEW.reference = 'FEE-' || a.fee_id AND NEW.type = 'income')\n"
    "  ELSE coalesce(NEW.reference = 'CREDIT-' || NEW.payment_id AND NEW.type = 'income', false) END"
)
"""A row that nobody typed reverses another one, posts one share to its fee, or moves a receipt's own credit."""


def _changes(table: str, *allowed: str) -> str:
    names = [column.name for column in db.metadata.tables[table].columns if column.name not in allowed]
    return " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in names)


def guards() -> Sequence[Guard]:
    """All guards; most look after the row, because a BEFORE INSERT also fires for an upsert that ends as an update."""
    return (
        Guard(
            "fee_calculation_integrity", "AFTER INSERT ON fees", f"NEW.amount_paid <> {_LIVE}", "amount_paid_disagrees"
        ),
        Guard(
            "fee_calculation_integrity_update",
            "AFTER UPDATE OF amount_paid ON fees",
            f"NEW.amount_paid <> {_LIVE}",
            "amount_paid_disagrees",
        ),
        Guard(
            "guard_fee_within_due",
            "AFTER UPDATE OF amount_due, amount_adjusted, amount_paid ON fees",
            "NEW.amount_due - NEW.amount_adjusted < NEW.amount_paid",
            "fee_over_settled",
        ),
        Guard(
            "guard_fee_student",
            "AFTER UPDATE OF id, student_id ON fees",
            "(NEW.student_id <> OLD.student_id OR NEW.id <> OLD.id) "
            "AND EXISTS (SELECT 1 FROM payment_allocations WHERE fee_id IN (OLD.id, NEW.id))",
            "fee_has_payments",
        ),
        Guard(
            "guard_fee_cancelled",
            "AFTER UPDATE OF cancelled_at, amount_paid ON fees",
            "NEW.cancelled_at IS NOT NULL AND NEW.amount_paid <> 0",
            "fee_has_payments",
        ),
        Guard(
            "guard_fee_delete",
            "BEFORE DELETE ON fees",
            "EXISTS (SELECT 1 FROM payment_allocations WHERE fee_id = OLD.id)",
            "fee_has_payments",
        ),
        Guard(
            "guard_allocation_live",
            "AFTER INSERT ON payment_allocations",
            "(SELECT voided_at FROM payments WHERE id = NEW.payment_id) IS NOT NULL",
            "payment_append_only",
        ),
        Guard(
            "guard_allocation_fee",
            "AFTER INSERT ON payment_allocations",
            "(SELECT cancelled_at FROM fees WHERE id = NEW.fee_id) IS NOT NULL",
            "cancelled_fee",
        ),
        Guard(
            "guard_allocation_student",
            "AFTER INSERT ON payment_allocations",
            "NOT EXISTS (SELECT 1 FROM payments AS p JOIN fees AS f ON f.student_id = p.student_id "
            "WHERE p.id = NEW.payment_id AND f.id = NEW.fee_id)",
            "allocation_wrong_student",
        ),
        Guard(
            "guard_allocation_within_payment",
            "AFTER INSERT ON payment_allocations",
            "(SELECT sum(amount) FROM payment_allocations WHERE payment_id = NEW.payment_id) "
            "> (SELECT amount FROM payments WHERE id = NEW.payment_id)",
            "payment_over_allocated",
        ),
        Guard("guard_allocation_update", "BEFORE UPDATE ON payment_allocations", "true", "allocation_append_only"),
        Guard("guard_allocation_delete", "BEFORE DELETE ON payment_allocations", "true", "allocation_append_only"),
        Guard(
            "guard_payment_update",
            "BEFORE UPDATE ON payments",
            "OLD.voided_at IS NOT NULL OR NEW.voided_at IS NULL OR "
            + _changes("payments", "voided_at", "voided_by", "void_reason"),
            "payment_append_only",
        ),
        Guard("guard_payment_delete", "BEFORE DELETE ON payments", "true", "payment_append_only"),
        Guard(
            "guard_payment_born_live", "AFTER INSERT ON payments", "NEW.voided_at IS NOT NULL", "payment_append_only"
        ),
        Guard(
            "guard_transaction_update",
            "BEFORE UPDATE ON financial_transactions",
            f"OLD.payment_id IS NOT NULL OR NEW.payment_id IS DISTINCT FROM {payment_of('OLD')}\n"
            "  OR OLD.allocation_id IS DISTINCT FROM NEW.allocation_id\n"
            "  OR OLD.reverses_id IS DISTINCT FROM NEW.reverses_id",
            "system_transaction",
        ),
        Guard(
            "guard_transaction_delete",
            "BEFORE DELETE ON financial_transactions",
            "OLD.payment_id IS NOT NULL AND ((SELECT voided_at FROM payments WHERE id = OLD.payment_id) IS NULL "
            f"OR OLD.reverses_id IS NOT NULL OR {_DAY_CLOSED})",
            "system_transaction",
        ),
        Guard(
            "guard_transaction_matches",
            "AFTER INSERT ON financial_transactions",
            f"coalesce(NEW.payment_id, NEW.allocation_id, NEW.reverses_id) IS NOT NULL AND NOT {_RIGHT_ROW}",
            "system_transaction",
        ),
        Guard(
            "guard_category_type",
            "AFTER UPDATE OF type ON financial_categories",
            "NEW.type <> OLD.type AND EXISTS (SELECT 1 FROM financial_transactions WHERE category_id = NEW.id)",
            "category_type_fixed",
        ),
        *(
            Guard(
                f"guard_school_fees_{verb.lower()}",
                f"AFTER {verb} ON financial_categories",
                "OLD.name = 'School Fees' "
                "AND NOT EXISTS (SELECT 1 FROM financial_categories WHERE name = 'School Fees' AND type = 'income')",
                "school_fees_stays",
            )
            for verb in ("UPDATE", "DELETE")
        ),
        Guard("guard_activity_update", "BEFORE UPDATE ON user_activity_log", "true", "activity_append_only"),
        Guard(
            "guard_activity_delete", "BEFORE DELETE ON user_activity_log", f"NOT {_SEALED_AWAY}", "activity_append_only"
        ),
        Guard(
            "guard_seal_update",
            "BEFORE UPDATE ON activity_seals",
            "OLD.archived_at IS NOT NULL OR NEW.archived_at IS NULL OR " + _changes("activity_seals", "archived_at"),
            "seal_append_only",
        ),
        Guard("guard_seal_delete", "BEFORE DELETE ON activity_seals", "true", "seal_append_only"),
    )
