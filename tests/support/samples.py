"""One row of every table, typed in by SQL with no more columns than other programs may rely on."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from tests.support.database import insert

Ids = Mapping[str, Any]


def _day(month: int, n: int) -> str:
    """The `n`th day from the beginning of a month on."""
    return (date(2026, month, 1) + timedelta(days=n - 1)).isoformat()


SAMPLES: Mapping[str, Callable[[Ids, int], dict[str, object]]] = {
    "settings": lambda ids, n: {"key": f"motto_{n}", "value": "Learn"},
    "counters": lambda ids, n: {"name": f"receipts_{n}", "value": 4},
    "school_pictures": lambda ids, n: {"name": f"{n:016x}-20x16.png", "type": "image/png", "data": "iVBORw0KGgo="},
    "users": lambda ids, n: {
        "username": f"esi{n}",
        "role": "bursar",
        "password_hash": "secret-hash",
        "auth_version": 1,
    },
    "request_keys": lambda ids, n: {
        "key": f"key-{n}",
        "request_hash": "e" * 64,
        "made_by": ids["users"],
        "table_name": "students",
        "record_id": n,
    },
    "user_sessions": lambda ids, n: {
        "token_hash": f"secret-session-{n}",
        "user_id": ids["users"],
        "auth_version": 1,
        "expires_at": "2026-01-15 20:00:00",
    },
    "api_tokens": lambda ids, n: {"name": f"clock {n}", "token_hash": f"secret-token-{n}"},
    "wall_displays": lambda ids, n: {"name": f"hall {n}", "pairing_hash": f"secret-pairing-{n}"},
    "wall_pairings": lambda ids, n: {
        "secret_hash": f"secret-screen-{n}",
        "code_hash": f"secret-digits-{n}",
        "expires_at": "2026-01-15 10:10:00",
        "display_id": ids["wall_displays"],
    },
    "academic_years": lambda ids, n: {
        "name": f"{2025 + n}/{2026 + n}",
        "starts_on": f"{2025 + n}-09-01",
        "ends_on": f"{2026 + n}-08-01",
    },
    "terms": lambda ids, n: {
        "academic_year_id": ids["academic_years"],
        "name": f"Term {n}",
        "starts_on": "2025-09-01",
        "ends_on": "2025-12-20",
    },
    "classes": lambda ids, n: {"name": f"Blue {n}", "level": 3, "capacity": 30},
    "teachers": lambda ids, n: {"first_name": "Ama", "last_name": "Darko", "status": "active"},
    "teacher_assignments": lambda ids, n: {
        "teacher_id": ids["teachers"],
        "class_id": ids["classes"],
        "starts_on": "2025-09-01",
        "ends_on": None,
    },
    "students": lambda ids, n: {
        "admission_no": f"S{n}",
        "first_name": "Asha",
        "last_name": "Mensah",
        "class_id": ids["classes"],
        "status": "active",
    },
    "guardians": lambda ids, n: {"full_name": "Efua Mensah"},
    "student_guardians": lambda ids, n: {"student_id": ids["students"], "guardian_id": ids["guardians"]},
    "enrolments": lambda ids, n: {
        "student_id": ids["students"],
        "academic_year_id": ids["academic_years"],
        "class_id": ids["classes"],
    },
    "attendance": lambda ids, n: {
        "student_id": ids["students"],
        "date": _day(1, n),
        "status": "present",
        "recorded_by": ids["users"],
    },
    "promotions": lambda ids, n: {
        "student_id": ids["students"],
        "from_class_id": None,
        "to_class_id": ids["classes"],
        "academic_year": "2025/2026",
        "promoted_on": "2026-08-01",
        "decision": "promoted",
    },
    "fee_types": lambda ids, n: {"name": f"Tuition {n}"},
    "fee_structures": lambda ids, n: {"name": f"Blue {n}", "class_id": ids["classes"], "term_id": ids["terms"]},
    "fee_structure_items": lambda ids, n: {
        "fee_structure_id": ids["fee_structures"],
        "fee_type_id": ids["fee_types"],
        "amount": 60_000,
    },
    "billing_runs": lambda ids, n: {"fee_structure_id": ids["fee_structures"], "term_id": ids["terms"]},
    "fees": lambda ids, n: {
        "student_id": ids["students"],
        "fee_type_id": ids["fee_types"],
        "term_id": ids["terms"],
        "year": 2026,
        "month": 1,
        "description": "Tuition",
        "due_on": "2026-01-31",
        "amount_due": 60_000,
        "amount_adjusted": 1_000,
        "amount_paid": 0,
    },
    "fee_adjustments": lambda ids, n: {
        "fee_id": ids["fees"],
        "kind": "discount",
        "amount": 1_000,
        "reason": "A sibling",
        "approved_by": ids["users"],
    },
    "payments": lambda ids, n: {
        "receipt_no": f"R-{n}",
        "student_id": ids["students"],
        "amount": 500,
        "method": "momo",
        "external_reference": "MM-1",
        "paid_on": "2026-01-15",
        "received_by": ids["users"],
        "request_key": f"secret-key-{n}",
    },
    "payment_allocations": lambda ids, n: {"payment_id": ids["payments"], "fee_id": ids["fees"], "amount": 200},
    "financial_categories": lambda ids, n: {"name": f"Canteen {n}", "type": "income"},
    "financial_transactions": lambda ids, n: {
        "transaction_date": "2026-01-15",
        "category_id": ids["financial_categories"],
        "type": "income",
        "amount": 2_500,
        "description": "Lunches",
        "reference": "C-1",
        "payment_method": "cash",
        "created_by": ids["users"],
    },
    "budget_plans": lambda ids, n: {
        "category_id": ids["financial_categories"],
        "starts_on": f"{2025 + n}-01-01",
        "ends_on": f"{2026 + n}-01-01",
        "amount": 100_000,
    },
    "day_closes": lambda ids, n: {
        "closed_on": _day(3, n),
        "cashier_id": ids["users"],
        "method": "momo",
        "expected": 500,
        "counted": 500,
    },
    "user_activity_log": lambda ids, n: {
        "user_id": ids["users"],
        "activity_type": "report.exported",
        "description": "Debtors",
        "activity_data": '{"rows": 3}',
        "table_name": None,
        "record_id": None,
        "ip_address": "10.0.0.4",
        "timestamp": "2026-01-15 10:00:00",
    },
    "activity_seals": lambda ids, n: {"from_id": 10 * n, "to_id": 10 * n + 9, "hash": "c0ffee"},
    "system_notifications": lambda ids, n: {
        "type": "backup",
        "title": "Backup",
        "message": "A backup was made.",
        "priority": "low",
        "target_roles": ",admin,",
        "action_url": "/health",
        "dedupe_key": f"backup:{n}",
        "created_at": "2026-01-15 10:00:00",
        "cleared_at": None,
        "expires_at": None,
    },
    "notification_reads": lambda ids, n: {"user_id": ids["users"], "notification_id": ids["system_notifications"]},
    "statistics_cache": lambda ids, n: {
        "metric_name": f"overdue_{n}_30",
        "metric_value": 0,
        "unit": "GHS",
        "category": "finance",
        "version": 0,
        "calculated_at": "2026-01-15 10:00:00",
        "expires_at": None,
    },
    "sync_status": lambda ids, n: {"table_name": f"fees_{n}"},
    "outbox": lambda ids, n: {"kind": "mail", "payload": '{"to": "efua@example.test"}'},
}
"""Per table, the values of its `n`th row; `ids` holds the latest id of each table before it."""

MADE_BY_OTHERS = {"student_balances", "sync_clock", "write_context", "setup_links", "alembic_version"}
"""Tables without a sample: kept by triggers, or one row that the program itself makes."""


def add_one(raw: Any, table: str, ids: dict[str, Any], n: int) -> Any:
    """Insert the sample row of one table; its key."""
    values = SAMPLES[table](ids, n)
    made = insert(raw, table, **values)
    keys = {"settings": "key", "counters": "name", "school_pictures": "name", "sync_status": "table_name"}
    keys["request_keys"] = "key"
    keys["statistics_cache"] = "metric_name"
    ids[table] = values[keys[table]] if table in keys else made
    return ids[table]


def one_of_each(raw: Any, n: int = 1) -> dict[str, Any]:
    """Insert one row into every table, parents first; the key of each."""
    ids: dict[str, Any] = {}
    for table in SAMPLES:
        add_one(raw, table, ids, n)
    return ids
