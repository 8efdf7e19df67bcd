"""The first minutes of a school: the link that opens the set-up page, and what that page makes."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete

from app.database import atomic
from app.domain.calendar import Period
from app.errors import Missing
from app.models import SetupLink, User
from app.queries.sessions import token_hash
from app.queries.setup import is_set_up, opens_setup
from app.services.calendar import add_year
from app.services.passwords import hash_password
from app.services.settings import save_settings
from app.services.users import keep_user


@dataclass(frozen=True)
class FirstAdmin:
    """Who runs the program from now on."""

    username: str
    password: str
    full_name: str = ""


def new_setup_token() -> str | None:
    """Make the token of a new set-up link, so that earlier links are worthless; None once an admin exists."""
    if is_set_up():
        return None
    token = secrets.token_urlsafe(24)
    with atomic() as session:
        session.execute(delete(SetupLink))
        session.add(SetupLink(id=1, token_hash=token_hash(token)))
    return token


def set_up_school(
    *,
    token: str,
    settings: Mapping[str, str],
    admin: FirstAdmin,
    year: Period | None = None,
    terms: Sequence[Period] = (),
) -> User:
    """Make settings, calendar and the first admin in one transaction, and use the link up.

    Raises Missing when the link is not the one that was printed last, and Invalid naming a field.
    """
    password_hash = hash_password(admin.password)
    with atomic() as session:
        if is_set_up() or not opens_setup(token):
            raise Missing("This set-up link is not valid any more.", code="setup_link_used")
        save_settings(settings)
        if year is not None:
            add_year(year=year, terms=terms)
        user = keep_user(username=admin.username, role="admin", password_hash=password_hash, full_name=admin.full_name)
        session.execute(delete(SetupLink))
        return user
