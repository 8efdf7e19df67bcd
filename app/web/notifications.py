"""What people were told: the list, the bell's number, and marking as read."""

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from app.errors import Forbidden, Missing
from app.queries.notifications import notification_for, notification_page, unread_count
from app.services.notifications import mark_all_read, mark_read
from app.web.access import requires
from app.web.auth import safe_next
from app.web.identity import Identity, identity
from app.words import say

bp = Blueprint("notifications", __name__)
_SHOWN = (("", say("For my role")), ("unread", say("Unread only")), ("all", say("Payments too")))


@bp.get("/notifications")
@requires("notifications.view")
def show() -> str:
    who, shown = _who(), request.args.get("show", "")
    page = notification_page(
        user_id=who.user_id,
        role=who.role,
        cursor=request.args.get("cursor"),
        unread_only=shown == "unread",
        passing=shown == "all",
    )
    return render_template(
        "notifications/list.html",
        page=page,
        shown=shown,
        choices=_SHOWN,
        unread=unread_count(user_id=who.user_id or 0, role=who.role),
    )


@bp.get("/notifications/<int:notification_id>/row")
@requires("notifications.view")
def row(notification_id: int) -> str:
    who = _who()
    found = notification_for(notification_id=notification_id, user_id=who.user_id, role=who.role)
    if found is None:
        raise Missing("This notification does not exist.")
    return render_template("_fragment.html", row="notifications/_row.html", notification=found)


@bp.get("/notifications/unread")
@requires("notifications.view")
def unread() -> ResponseReturnValue:
    who = _who()
    return jsonify({"unread": unread_count(user_id=who.user_id or 0, role=who.role)})


@bp.post("/notifications/<int:notification_id>/read")
@requires("notifications.view")
def read(notification_id: int) -> ResponseReturnValue:
    """Mark as read, and go where it leads when it was opened."""
    who = _person()
    found = mark_read(user_id=who.user_id or 0, role=who.role, notification_id=notification_id)
    if "open" in request.form and found.action_url:
        return redirect(safe_next(found.action_url))
    return redirect(url_for("notifications.show"))


@bp.post("/notifications/read")
@requires("notifications.view")
def read_all() -> ResponseReturnValue:
    who = _person()
    number = mark_all_read(user_id=who.user_id or 0, role=who.role)
    flash(
        ngettext("%(num)d notification is marked as read.", "%(num)d notifications are marked as read.", number),
        "success",
    )
    return redirect(url_for("notifications.show"))


def _who() -> Identity:
    who = identity()
    if who is None:
        raise Forbidden("Please sign in first.")
    return who


def _person() -> Identity:
    who = _who()
    if who.user_id is None:
        raise Forbidden("A program's token reads nothing; only people do.")
    return who
