"""SQLite: promises that hold whoever writes. Each guard refuses with a short code that `app.errors.GUARDS` explains."""

from collections.abc import Sequence

_LIVE = (
    "(SELECT coalesce(sum(a.amount), 0) FROM payment_allocations AS a JOIN payments AS p ON p.id = a.payment_id "
    "WHERE a.fee_id = NEW.id AND p.voided_at IS NULL)"
)
_DAY_CLOSED = (
    "EXISTS (SELECT 1 FROM day_closes AS d JOIN payments AS p ON p.id = OLD.payment_id "
    "WHERE d.closed_on = OLD.transaction_date AND d.method = OLD.payment_method "
    "AND (d.cashier_id IS NULL OR d.cashier_id = p.received_by))"
)
_SEALED_AWAY = "EXISTS (SELECT 1 FROM activity_seals WHERE archived_at IS NOT NULL AND OLD.id BETWEEN from_id AND to_id)"


def _refuse(name: str, event: str, when: str, code: str) -> str:
    return f"CREATE TRIGGER {name} {event}\nWHEN {when} BEGIN SELECT RAISE(ABORT, '{code}'); END"


_KEYS = {
    "students": ("id", "admission_no"),
    "teachers": ("id", "staff_no"),
    "attendance": ("id",),
    "fees": ("id", "request_key"),
    "payments": ("id", "receipt_no", "request_key"),
    "payment_allocations": ("id",),
    "financial_transactions": ("id", "allocation_id", "reverses_id", "request_key"),
    "user_activity_log": ("id",),
    "activity_seals": ("id", "to_id"),
    "settings": ("key",),
}
_PARENTS = ("students", "classes", "fees", "payments", "users", "financial_categories")


def _replace_guards() -> list[str]:
    """REPLACE from a connection without recursive_triggers would skip the delete triggers: it is refused instead."""
    guards = []
    for table, keys in _KEYS.items():
        same = " OR ".join(f"{key} = NEW.{key}" for key in keys)
        if table == "attendance":
            same += " OR (student_id = NEW.student_id AND date = NEW.date)"
        guards.append(
            _refuse(
                f"guard_{table}_replace",
                f"BEFORE INSERT ON {table}",
                f"EXISTS (SELECT 1 FROM {table} WHERE {same})\n"
                "  AND (SELECT recursive_triggers FROM pragma_recursive_triggers) = 0",
                "needs_recursive_triggers",
            )
        )
    return guards


def _cascade_guards() -> list[str]:
    """A DELETE from a connection without foreign keys would leave orphans: it is refused instead."""
    return [
        _refuse(
            f"guard_{table}_orphans",
            f"BEFORE DELETE ON {table}",
            "(SELECT foreign_keys FROM pragma_foreign_keys) = 0",
            "needs_foreign_keys",
        )
        for table in _PARENTS
    ]


def triggers() -> Sequence[str]:
    """All guards; AFTER triggers, because a BEFORE INSERT also fires for an upsert that ends as an update."""
    return (
        _refuse("fee_calculation_integrity", "AFTER INSERT ON fees", f"NEW.amount_paid <> {_LIVE}", "amount_paid_disagrees"),
        _refuse(
            "fee_calculation_integrity_update",
            "AFTER UPDATE OF amount_paid ON fees",
            f"NEW.amount_paid <> {_LIVE}",
            "amount_paid_disagrees",
        ),
        _refuse(
            "guard_fee_within_due",
            "AFTER UPDATE OF amount_due, amount_adjusted, amount_paid ON fees",
            "NEW.amount_due - NEW.amount_adjusted < NEW.amount_paid",
            "fee_over_settled",
        ),
        _refuse(
            "guard_fee_student",
            "AFTER UPDATE OF id, student_id ON fees",
            "(NEW.student_id <> OLD.student_id OR NEW.id <> OLD.id) "
            "AND EXISTS (SELECT 1 FROM payment_allocations WHERE fee_id IN (OLD.id, NEW.id))",
            "fee_has_payments",
        ),
        _refuse(
            "guard_fee_cancelled",
            "AFTER UPDATE OF cancelled_at ON fees",
            "NEW.cancelled_at IS NOT NULL AND NEW.amount_paid <> 0",
            "fee_has_payments",
        ),
        _refuse(
            "guard_fee_delete",
            "BEFORE DELETE ON fees",
            "EXISTS (SELECT 1 FROM payment_allocations WHERE fee_id = OLD.id)",
            "fee_has_payments",
        ),
        _refuse(
            "guard_allocation_live",
            "AFTER INSERT ON payment_allocations",
            "(SELECT voided_at FROM payments WHERE id = NEW.payment_id) IS NOT NULL",
            "payment_append_only",
        ),
        _refuse(
            "guard_allocation_fee",
            "AFTER INSERT ON payment_allocations",
            "(SELECT cancelled_at FROM fees WHERE id = NEW.fee_id) IS NOT NULL",
            "cancelled_fee",
        ),
        _refuse(
            "guard_allocation_student",
            "AFTER INSERT ON payment_allocations",
            "(SELECT student_id FROM payments WHERE id = NEW.payment_id) IS NOT (SELECT student_id FROM fees WHERE id = NEW.fee_id)",
            "allocation_wrong_student",
        ),
        _refuse(
            "guard_allocation_within_payment",
            "AFTER INSERT ON payment_allocations",
            "(SELECT sum(amount) FROM payment_allocations WHERE payment_id = NEW.payment_id) "
            "> (SELECT amount FROM payments WHERE id = NEW.payment_id)",
            "payment_over_allocated",
        ),
        _refuse("guard_allocation_update", "BEFORE UPDATE ON payment_allocations", "1", "allocation_append_only"),
        _refuse("guard_allocation_delete", "BEFORE DELETE ON payment_allocations", "1", "allocation_append_only"),
        _refuse(
            "guard_payment_update",
            "BEFORE UPDATE ON payments",
            "OLD.voided_at IS NOT NULL OR NEW.voided_at IS NULL OR "
            + " OR ".join(
                f"OLD.{column} IS NOT NEW.{column}"
                for column in (
                    "id",
                    "receipt_no",
                    "student_id",
                    "amount",
                    "method",
                    "external_reference",
                    "note",
                    "paid_on",
                    "received_by",
                    "request_key",
                    "request_hash",
                    "replaces_id",
                    "created_at",
                )
            ),
            "payment_append_only",
        ),
        _refuse("guard_payment_delete", "BEFORE DELETE ON payments", "1", "payment_append_only"),
        _refuse("guard_payment_born_live", "AFTER INSERT ON payments", "NEW.voided_at IS NOT NULL", "payment_append_only"),
        _refuse(
            "guard_transaction_update",
            "BEFORE UPDATE ON financial_transactions",
            "OLD.payment_id IS NOT NULL OR NEW.payment_id IS NOT NULL",
            "system_transaction",
        ),
        _refuse(
            "guard_transaction_delete",
            "BEFORE DELETE ON financial_transactions",
            "OLD.payment_id IS NOT NULL AND ((SELECT voided_at FROM payments WHERE id = OLD.payment_id) IS NULL "
            f"OR {_DAY_CLOSED})",
            "system_transaction",
        ),
        _refuse(
            "guard_transaction_matches",
            "AFTER INSERT ON financial_transactions",
            "NEW.allocation_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM payment_allocations AS a "
            "WHERE a.id = NEW.allocation_id AND a.payment_id = NEW.payment_id AND a.amount = NEW.amount "
            "AND NEW.reference = 'FEE-' || a.fee_id)",
            "system_transaction",
        ),
        _refuse(
            "guard_category_type",
            "AFTER UPDATE OF type ON financial_categories",
            "NEW.type <> OLD.type AND EXISTS (SELECT 1 FROM financial_transactions WHERE category_id = NEW.id)",
            "category_type_fixed",
        ),
        _refuse("guard_activity_update", "BEFORE UPDATE ON user_activity_log", "1", "activity_append_only"),
        _refuse("guard_activity_delete", "BEFORE DELETE ON user_activity_log", f"NOT {_SEALED_AWAY}", "activity_append_only"),
        _refuse(
            "guard_seal_update",
            "BEFORE UPDATE ON activity_seals",
            "OLD.archived_at IS NOT NULL OR NEW.archived_at IS NULL OR OLD.from_id <> NEW.from_id OR OLD.to_id <> NEW.to_id "
            "OR OLD.id <> NEW.id OR OLD.row_count <> NEW.row_count OR OLD.hash <> NEW.hash "
            "OR OLD.previous_hash <> NEW.previous_hash",
            "seal_append_only",
        ),
        _refuse("guard_seal_delete", "BEFORE DELETE ON activity_seals", "1", "seal_append_only"),
        *_replace_guards(),
        *_cascade_guards(),
    )
