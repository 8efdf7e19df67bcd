"""The people who may sign in."""

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.domain.permissions import ROLES
from app.errors import Conflict, Missing
from app.queries.users import UserRow, all_users, user_by_id
from app.services.users import add_user, set_active, set_password, update_user
from app.web.access import requires
from app.web.forms import Problems
from app.web.identity import identity
from app.web.language import shown
from app.web.names import NAMES, name_of
from app.web.undo import flash_done
from app.words import say

bp = Blueprint("users", __name__)
_ROLES = [(role, NAMES[role]) for role in ROLES]
ROLE_WORDS = {
    "admin": say("Everything, with users and settings"),
    "principal": say("Sees everything, voids receipts"),
    "bursar": say("Fees, payments and the cash book"),
    "registrar": say("Students, classes and promotions"),
    "teacher": say("The daily register"),
}


@bp.get("/users")
@requires("users.manage")
def show() -> str:
    return render_template("users/list.html", users=all_users(), own_id=_own_id())


@bp.get("/users/<int:user_id>/row")
@requires("users.manage")
def row(user_id: int) -> str:
    return render_template("_fragment.html", row="users/_row.html", user=_user(user_id), own_id=_own_id())


@bp.get("/users/new")
@requires("users.manage")
def new() -> str:
    return _new({}, {})


@bp.post("/users/new")
@requires("users.manage")
def create() -> ResponseReturnValue:
    problems = Problems()
    with problems.noted():
        user = add_user(
            username=request.form.get("username", ""),
            full_name=request.form.get("full_name", ""),
            role=request.form.get("role", ""),
            password=request.form.get("password", ""),
        )
        flash(
            gettext(
                "%(name)s can now sign in as %(role)s.", name=user.username, role=shown(name_of(user.role)).lower()
            ),
            "success",
        )
        return redirect(url_for("users.show"))
    return _new(request.form, problems), 422


@bp.get("/users/<int:user_id>")
@requires("users.manage")
def edit(user_id: int) -> str:
    user = _user(user_id)
    return _edit(user, {"full_name": user.full_name, "role": user.role}, {})


@bp.post("/users/<int:user_id>")
@requires("users.manage")
def update(user_id: int) -> ResponseReturnValue:
    problems = Problems()
    with problems.noted():
        user = update_user(
            user_id=user_id, role=request.form.get("role", ""), full_name=request.form.get("full_name", "")
        )
        flash(gettext("%(name)s is saved.", name=user.username), "success")
        return redirect(url_for("users.show"))
    return _edit(_user(user_id), request.form, problems), 422


@bp.post("/users/<int:user_id>/password")
@requires("users.manage")
def password(user_id: int) -> ResponseReturnValue:
    problems = Problems()
    with problems.noted():
        user = set_password(user_id=user_id, password=request.form.get("password", ""))
        flash(
            gettext("%(name)s has a new password; every session of %(name)s has ended.", name=user.username), "success"
        )
        return redirect(url_for("users.show"))
    user_row = _user(user_id)
    return _edit(user_row, {"full_name": user_row.full_name, "role": user_row.role}, problems), 422


@bp.post("/users/<int:user_id>/deactivate")
@requires("users.manage")
def deactivate(user_id: int) -> ResponseReturnValue:
    return _switch(user_id, active=False)


@bp.post("/users/<int:user_id>/activate")
@requires("users.manage")
def activate(user_id: int) -> ResponseReturnValue:
    return _switch(user_id, active=True)


def _switch(user_id: int, *, active: bool) -> ResponseReturnValue:
    try:
        user = set_active(user_id=user_id, active=active)
        if active:
            flash(gettext("%(name)s can sign in again.", name=user.username), "success")
        else:
            told = gettext("%(name)s is deactivated and signed out everywhere.", name=user.username)
            flash_done(told, action=url_for("users.activate", user_id=user_id), fields={})
    except Conflict as refusal:
        flash(shown(refusal.message), "danger")
    return redirect(url_for("users.show"))


def _own_id() -> int | None:
    who = identity()
    return who.user_id if who else None


def _user(user_id: int) -> UserRow:
    user = user_by_id(user_id)
    if user is None:
        raise Missing("This user does not exist.", param="user_id")
    return user


def _new(values: Mapping[str, str], errors: Mapping[str, str]) -> str:
    return render_template("users/new.html", roles=_ROLES, role_words=ROLE_WORDS, values=values, errors=errors)


def _edit(user: UserRow, values: Mapping[str, str], errors: Mapping[str, str]) -> str:
    return render_template(
        "users/edit.html",
        user=user,
        roles=_ROLES,
        role_words=ROLE_WORDS,
        own_id=_own_id(),
        values=values,
        errors=errors,
    )
