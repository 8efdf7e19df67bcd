"""Roles, and what each may do. A route or socket event names one permission; this table decides."""

from collections.abc import Mapping

ROLES = ("admin", "principal", "bursar", "registrar", "teacher")

_EVERYBODY = {
    "home.view",
    "account.edit",
    "notifications.view",
    "stats.view",
    "students.view",
    "classes.view",
    "teachers.view",
    "attendance.view",
    "promotions.view",
}
_RECORDS = {
    "students.edit",
    "students.import",
    "guardians.view",
    "guardians.edit",
    "classes.edit",
    "teachers.edit",
    "attendance.edit",
    "promotions.edit",
}
_MONEY_VIEW = {
    "dashboard.view",
    "stats.finance",
    "fees.view",
    "payments.view",
    "transactions.view",
    "categories.view",
    "guardians.view",
    "reports.view",
}
_MONEY_EDIT = {
    "fees.edit",
    "fees.delete",
    "payments.create",
    "payments.void",
    "payments.import",
    "transactions.edit",
    "categories.edit",
}
_OVERSIGHT = {"activity.view", "health.view", "wall.view"}
_SYSTEM = {"users.manage", "settings.manage", "displays.manage", "health.run", "metrics.view"}

PERMISSIONS: Mapping[str, frozenset[str]] = {
    "admin": frozenset(_EVERYBODY | _RECORDS | _MONEY_VIEW | _MONEY_EDIT | _OVERSIGHT | _SYSTEM),
    "principal": frozenset(_EVERYBODY | _MONEY_VIEW | _OVERSIGHT | {"payments.void", "attendance.edit"}),
    "bursar": frozenset(_EVERYBODY | _MONEY_VIEW | _MONEY_EDIT),
    "registrar": frozenset(_EVERYBODY | _RECORDS),
    "teacher": frozenset(_EVERYBODY | {"attendance.edit"}),
    "wall": frozenset({"wall.view", "stats.view"}),
}
KNOWN_PERMISSIONS = frozenset().union(*PERMISSIONS.values())

STATISTICS_ROOMS: Mapping[str, frozenset[str]] = {
    "finance": frozenset({"finance", "finance_detail", "people"}),
    "people": frozenset({"people"}),
    "wall": frozenset({"finance", "people"}),
}
"""Which categories of figures each room of live screens sees; a screen is in exactly one room."""


def allows(role: str, permission: str) -> bool:
    """Whether a role has a permission; an unknown role has none."""
    return permission in PERMISSIONS.get(role, frozenset())


def statistics_room(role: str) -> str:
    """The room whose figures a role may see."""
    return "finance" if allows(role, "stats.finance") else "people"
