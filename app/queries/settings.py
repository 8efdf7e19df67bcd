"""The school's settings, with their defaults."""

from sqlalchemy import select

from app.domain.settings import DEFAULTS
from app.extensions import db
from app.models.settings import Setting
from app.words import said


def all_settings() -> dict[str, str]:
    """Every setting, the school's own value first."""
    return {**DEFAULTS, **dict(db.session.execute(select(Setting.key, Setting.value)).all())}


def setting(name: str) -> str:
    """One setting's value; KeyError for a name that does not exist."""
    value = db.session.scalar(select(Setting.value).where(Setting.key == name))
    return value if value is not None else DEFAULTS[name]


def in_school_words(words: str) -> str:
    """A sentence in the school's language, for what is stored and read later."""
    return said(words, setting("locale"))
