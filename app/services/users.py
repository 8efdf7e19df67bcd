"""Users: who may sign in, as what. Every change of rights ends the user's sessions at once."""

import logging
import re

from sqlalchemy import func, select, update

from app.clock import now
from app.database import atomic
from app.domain.names import clean_text
from app.domain.permissions import ROLES
from app.errors import Conflict, Invalid, Missing
from app.models import User, UserSession
from app.queries.sessions import user_named
from app.services.activity import record_activity
from app.services.passwords import hash_password, password_fits
from app.services.sessions import end_session, end_sessions_of
from app.words import say

log = logging.getLogger(__name__)
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}")
_LAST_ADMIN = {
    "role": say("{name} is the last admin and cannot be given another role; make another admin first."),
    "deactivated": say("{name} is the last admin and cannot be deactivated; make another admin first."),
}


def add_user(*, username: str, role: str, password: str, full_name: str = "") -> User:
    """Add somebody who may sign in. Raises Invalid, and Conflict when the name is taken."""
    return keep_user(username=username, role=role, password_hash=hash_password(password), full_name=full_name)


def keep_user(*, username: str, role: str, password_hash: str, full_name: str = "") -> User:
    """Add a user whose password was hashed before, for larger transactions that must not wait for the hashing."""
    username = check_username(username)
    check_role(role)
    full_name = _full_name(full_name)
    with atomic() as session:
        if user_named(username):
            raise Conflict(
                say("There is already a user named {name}.", name=username), param="username", code="name_taken"
            )
        user = User(username=username, full_name=full_name, role=role, password_hash=password_hash)
        session.add(user)
        session.flush()
    log.info("user %s added with role %s", user.id, role)
    return user


def update_user(*, user_id: int, role: str, full_name: str) -> User:
    """Change a user's name and role; another role ends the user's sessions. Raises Missing, Invalid and Conflict."""
    check_role(role)
    full_name = _full_name(full_name)
    with atomic() as session:
        user = _user(user_id)
        user.full_name = full_name
        if user.role != role:
            if user.role == "admin":
                _refuse_last_admin(user, _LAST_ADMIN["role"])
            user.role = role
            _end_rights(user)
        session.flush()
        return user


def set_active(*, user_id: int, active: bool) -> User:
    """Let a user in again, or shut the user out at once. Raises Missing, and Conflict for the last admin."""
    with atomic() as session:
        user = _user(user_id)
        if user.is_active == active:
            return user
        if not active and user.role == "admin":
            _refuse_last_admin(user, _LAST_ADMIN["deactivated"])
        user.is_active = active
        _end_rights(user)
        session.flush()
    log.info("user %s %s", user_id, "activated" if active else "deactivated")
    return user


def set_password(*, user_id: int, password: str) -> User:
    """Give a user a new password, chosen by an admin; all sessions end. Raises Missing and Invalid."""
    password_hash = hash_password(password)
    with atomic() as session:
        user = _user(user_id)
        user.password_hash = password_hash
        _end_rights(user)
        record_activity("password.set", f"password set: {user.username}", table_name="users", record_id=user.id)
        session.flush()
        return user


def change_own_password(*, user_id: int, session_id: int | None, present: str, password: str) -> None:
    """Change the password of the one who asks; the session that asks goes on, the others end. Raises Invalid."""
    with atomic():
        known = _user(user_id).password_hash
    if not password_fits(present, known):
        raise Invalid("The present password is wrong.", param="present", code="wrong_password")
    password_hash = hash_password(password)
    with atomic() as session:
        user = _user(user_id)
        user.password_hash = password_hash
        user.auth_version += 1
        session.flush()
        session.execute(
            update(UserSession)
            .where(UserSession.user_id == user_id, UserSession.ended_at.is_(None), UserSession.id != session_id)
            .values(ended_at=now())
        )
        session.execute(update(UserSession).where(UserSession.id == session_id).values(auth_version=user.auth_version))
        record_activity(
            "password.change", f"own password changed: {user.username}", table_name="users", record_id=user_id
        )


def end_own_session(*, user_id: int, session_id: int) -> None:
    """End one of the user's own sessions. Raises Missing for anybody else's."""
    with atomic() as session:
        found = session.get(UserSession, session_id)
        if found is None or found.user_id != user_id:
            raise Missing("This session does not exist.", param="session_id")
        end_session(session_id)


def check_username(text: str) -> str:
    """The name as it is kept, in small letters. Raises Invalid."""
    username = text.strip().lower()
    if not _USERNAME.fullmatch(username):
        raise Invalid(
            "The user name must have 2 to 64 letters, digits, dots, hyphens or underscores, and no spaces.",
            param="username",
        )
    return username


def check_role(role: str) -> str:
    """Refuse a role that does not exist. Raises Invalid."""
    if role not in ROLES:
        raise Invalid(say("The role must be one of {choices}.", choices=", ".join(ROLES)), param="role")
    return role


def _full_name(text: str) -> str:
    return clean_text(text, param="full_name", most=120, label="The full name")


def _user(user_id: int) -> User:
    with atomic() as session:
        user = session.get(User, user_id)
        if user is None:
            raise Missing("This user does not exist.", param="user_id")
        return user


def _end_rights(user: User) -> None:
    user.auth_version += 1
    end_sessions_of(user.id)


def _refuse_last_admin(user: User, words: str) -> None:
    with atomic() as session:
        others = select(func.count()).select_from(User).where(User.role == "admin", User.is_active, User.id != user.id)
        if user.is_active and not session.scalar(others):
            raise Conflict(
                say(words, name=user.username),
                param="role",
                code="last_admin",
            )
