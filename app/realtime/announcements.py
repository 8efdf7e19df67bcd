"""Rows of the logs turned into messages, each with the room that may hear it."""

from collections.abc import Iterator, Mapping, Sequence

from app.domain.permissions import ROLES, allows
from app.models import Notification
from app.queries.notifications import reader
from app.queries.statistics import RowChange
from app.realtime.messages import Changed, Message, Notify

MANY = 10
"""From so many changed rows of a table on, lists are told to read themselves again."""

TABLE_PERMISSIONS: Mapping[str, str] = {
    "students": "students.view",
    "enrolments": "students.view",
    "guardians": "guardians.view",
    "student_guardians": "guardians.view",
    "classes": "classes.view",
    "teachers": "teachers.view",
    "teacher_assignments": "teachers.view",
    "attendance": "attendance.view",
    "promotions": "promotions.view",
    "academic_years": "students.view",
    "terms": "students.view",
    "fee_types": "fees.view",
    "fee_structures": "fees.view",
    "fee_structure_items": "fees.view",
    "fees": "fees.view",
    "fee_adjustments": "fees.view",
    "billing_runs": "fees.view",
    "payments": "payments.view",
    "financial_transactions": "transactions.view",
    "financial_categories": "categories.view",
    "budget_plans": "transactions.view",
    "day_closes": "transactions.view",
    "users": "users.manage",
    "api_tokens": "users.manage",
    "settings": "settings.manage",
    "wall_displays": "displays.manage",
    "system_notifications": "notifications.view",
}
"""Who may hear that a row of a table changed."""

_OPS = frozenset({"insert", "update", "delete"})

WALL_TABLES = frozenset({"academic_years", "classes", "settings", "terms", "wall_displays"})
"""Of these a wall hears, too, for they change how it is drawn; it is told no more than the id."""


def changed_messages(rows: Sequence[RowChange], at: str) -> Iterator[tuple[Message, str]]:
    """One message a changed row and role that may hear of it; one a table where many changed."""
    by_table: dict[str, dict[int | None, str]] = {}
    for row in rows:
        if not row.table:
            continue
        verb = row.activity_type.rpartition(".")[2]
        # What a service says of a row beside its trigger, such as `class.billed`, is no more than a change of it.
        op = verb if verb in _OPS else "update"
        changes = by_table.setdefault(row.table, {})
        changes[row.record_id] = "insert" if changes.get(row.record_id) == "insert" and op == "update" else op
        if row.student_id is not None:
            by_table.setdefault("students", {}).setdefault(row.student_id, "update")
    if rows:
        by_table.setdefault("user_activity_log", {})[None] = "insert"
    for table, changes in by_table.items():
        told = changes if len(changes) < MANY else {None: "update"}
        for record_id, op in told.items():
            for room in _listeners(table):
                yield Changed(table, record_id, op, at), room


def everything_changed(at: str) -> Iterator[tuple[Message, str]]:
    """One message a table and role: any row of it may have changed."""
    for table in (*TABLE_PERMISSIONS, "user_activity_log"):
        for room in _listeners(table):
            yield Changed(table, None, "update", at), room


def notify_messages(notifications: Sequence[Notification]) -> Iterator[tuple[Message, str]]:
    """A toast for each role that a notification is meant for, and a new row of its list; the wall gets no address."""
    read = reader()
    for told in notifications:
        title, message = read(told)
        at = told.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        for role in filter(None, told.target_roles.split(",")):
            url = None if role == "wall" else told.action_url
            yield Notify(told.id, told.type, title, message, told.priority, at, url), f"role:{role}"
            if allows(role, TABLE_PERMISSIONS["system_notifications"]):
                yield Changed("system_notifications", told.id, "insert", at), f"role:{role}"


def _listeners(table: str) -> list[str]:
    permission = "activity.view" if table == "user_activity_log" else TABLE_PERMISSIONS.get(table)
    roles = [role for role in ROLES if permission and allows(role, permission)]
    return [f"role:{role}" for role in (*roles, *(("wall",) if table in WALL_TABLES else ()))]
