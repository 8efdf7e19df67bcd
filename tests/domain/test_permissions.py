"""Who may do what: the table that every route and socket event asks."""

import pytest

from app.domain.permissions import (
    KNOWN_PERMISSIONS,
    PERMISSIONS,
    ROLES,
    STATISTICS_ROOMS,
    allows,
    statistics_room,
)

EVERYBODY = set(ROLES)
MAY = {
    "students.view": EVERYBODY,
    "students.edit": {"admin", "registrar"},
    "classes.view": EVERYBODY,
    "classes.edit": {"admin", "registrar"},
    "teachers.view": EVERYBODY,
    "teachers.edit": {"admin", "registrar"},
    "attendance.view": EVERYBODY,
    "attendance.edit": {"admin", "principal", "registrar", "teacher"},
    "promotions.view": EVERYBODY,
    "promotions.edit": {"admin", "registrar"},
    "fees.view": {"admin", "principal", "bursar"},
    "fees.edit": {"admin", "bursar"},
    "fees.delete": {"admin", "bursar"},
    "payments.view": {"admin", "principal", "bursar"},
    "payments.create": {"admin", "bursar"},
    "payments.void": {"admin", "principal", "bursar"},
    "transactions.view": {"admin", "principal", "bursar"},
    "transactions.edit": {"admin", "bursar"},
    "categories.view": {"admin", "principal", "bursar"},
    "categories.edit": {"admin", "bursar"},
    "notifications.view": EVERYBODY,
    "activity.view": {"admin", "principal"},
    "dashboard.view": {"admin", "principal", "bursar"},
    "wall.view": {"admin", "principal"},
    "users.manage": {"admin"},
    "settings.manage": {"admin"},
    "displays.manage": {"admin"},
    "health.view": {"admin", "principal"},
    "health.run": {"admin"},
    "stats.view": EVERYBODY,
    "stats.finance": {"admin", "principal", "bursar"},
}
MONEY = ("fees.", "payments.", "transactions.", "categories.", "stats.finance", "dashboard.")


@pytest.mark.parametrize("permission", MAY)
def test_each_permission_belongs_to_its_roles(permission):
    assert {role for role in ROLES if allows(role, permission)} == MAY[permission]


def test_every_role_has_its_line():
    assert set(PERMISSIONS) == {*ROLES, "wall"}


def test_a_wall_display_sees_figures_and_nothing_else():
    assert PERMISSIONS["wall"] <= {"stats.view", "wall.view", "notifications.view"}
    assert "wall" not in ROLES


def test_the_admin_may_do_everything_that_anybody_may():
    assert PERMISSIONS["admin"] == KNOWN_PERMISSIONS


@pytest.mark.parametrize("role", ["registrar", "teacher"])
def test_those_who_keep_registers_see_no_money(role):
    assert [permission for permission in PERMISSIONS[role] if permission.startswith(MONEY)] == []


@pytest.mark.parametrize("role", ROLES)
def test_whoever_edits_may_also_look(role):
    for permission in PERMISSIONS[role]:
        noun, _, verb = permission.partition(".")
        if verb in ("edit", "delete", "void", "create") and f"{noun}.view" in KNOWN_PERMISSIONS:
            assert allows(role, f"{noun}.view"), permission


@pytest.mark.parametrize("role", ["", "root", "Admin", "guardian"])
def test_an_unknown_role_may_do_nothing(role):
    assert not any(allows(role, permission) for permission in KNOWN_PERMISSIONS)
    assert statistics_room(role) == "people"


def test_an_unknown_permission_is_allowed_to_nobody():
    assert not any(allows(role, "students.paint") for role in ROLES)


def test_live_figures_follow_the_role():
    rooms = {role: statistics_room(role) for role in ROLES}
    assert rooms == {
        "admin": "finance",
        "principal": "finance",
        "bursar": "finance",
        "registrar": "people",
        "teacher": "people",
    }
    assert STATISTICS_ROOMS["people"] == {"people"}
    assert "finance_detail" not in STATISTICS_ROOMS["wall"]
    assert STATISTICS_ROOMS["finance"] >= STATISTICS_ROOMS["wall"] >= STATISTICS_ROOMS["people"]
