"""The settings of a school: their names, defaults and what a value may be."""

import re
from collections.abc import Callable, Mapping
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale, UnknownLocaleError

from app.domain.money import check_amount
from app.domain.names import clean_name
from app.errors import Invalid
from app.words import say

DEFAULTS: Final[Mapping[str, str]] = {
    "school_name": "Our school",
    "currency": "GHS",
    "locale": "en_GH",
    "timezone": "Africa/Accra",
    "arrears_alert_threshold": "100000",
    "receipt_prefix": "R",
    "admission_prefix": "S",
    "session_idle_minutes": "240",
    "session_hours": "12",
    "notification_days": "180",
    "activity_archive": "off",
    "activity_archive_days": "400",
    "commit_hint": "on",
    "first_steps": "on",
}
CURRENCIES: Final[Mapping[str, str]] = {
    "GHS": say("Ghanaian cedi"),
    "NGN": say("Nigerian naira"),
    "XOF": say("West African CFA franc"),
    "XAF": say("Central African CFA franc"),
    "LRD": say("Liberian dollar"),
    "SLE": say("Sierra Leonean leone"),
    "GMD": say("Gambian dalasi"),
    "KES": say("Kenyan shilling"),
    "UGX": say("Ugandan shilling"),
    "TZS": say("Tanzanian shilling"),
    "RWF": say("Rwandan franc"),
    "ZMW": say("Zambian kwacha"),
    "MWK": say("Malawian kwacha"),
    "ZAR": say("South African rand"),
    "USD": say("US dollar"),
    "EUR": say("Euro"),
    "GBP": say("Pound sterling"),
    "INR": say("Indian rupee"),
}
LOCALES: Final[Mapping[str, str]] = {
    "en_GH": say("English (Ghana)"),
    "en_NG": say("English (Nigeria)"),
    "en_KE": say("English (Kenya)"),
    "en_UG": say("English (Uganda)"),
    "en_TZ": say("English (Tanzania)"),
    "en_ZA": say("English (South Africa)"),
    "en_GB": say("English (United Kingdom)"),
    "en_US": say("English (United States)"),
    "en_IN": say("English (India)"),
    "fr_CI": say("French (Côte d’Ivoire)"),
    "fr_SN": say("French (Senegal)"),
    "fr_CM": say("French (Cameroon)"),
}
_PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,7}")


def check_setting(name: str, text: str) -> str:
    """The value as it is kept. Raises Invalid, naming the setting, for one that the school could not work with."""
    if name not in _CHECKS:
        raise Invalid(say("There is no setting {name}.", name=name), param=name, code="unknown_setting")
    return _CHECKS[name](text.strip())


def zones() -> list[str]:
    """The time zones that a school may choose, by name."""
    return sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/")))


def _name(text: str) -> str:
    return clean_name(text, param="school_name", most=80, label=say("The school's name"))


def _currency(text: str) -> str:
    if text not in CURRENCIES:
        raise Invalid("The currency must be one of the list.", param="currency")
    return text


def _locale(text: str) -> str:
    try:
        known = bool(Locale.parse(text))
    except (ValueError, UnknownLocaleError):
        known = False
    if not known or len(text) > 16:
        raise Invalid("The language must be one of the list.", param="locale")
    return text


def _timezone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ValueError, OSError, LookupError) as error:
        raise Invalid("The time zone must be one of the list, such as Africa/Accra.", param="timezone") from error
    return text


def _threshold(text: str) -> str:
    name = "arrears_alert_threshold"
    if not re.fullmatch("[0-9]{1,13}", text):
        raise Invalid("The alert threshold must be an amount.", param=name, code="amount_invalid")
    return str(check_amount(int(text), param=name))


def _prefix(name: str, label: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        if not _PREFIX.fullmatch(text):
            raise Invalid(
                say("{label} must be a letter with at most 7 letters, digits or hyphens after it.", label=label),
                param=name,
            )
        return text

    return check


def _switch(name: str, label: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        if text not in ("on", "off"):
            raise Invalid(say("{label} must be on or off.", label=label), param=name)
        return text

    return check


def _whole(name: str, label: str, least: int, most: int) -> Callable[[str], str]:
    def check(text: str) -> str:
        if not re.fullmatch("[0-9]{1,6}", text) or not least <= int(text) <= most:
            raise Invalid(
                say("{label} must be a whole number from {least} to {most}.", label=label, least=least, most=most),
                param=name,
            )
        return str(int(text))

    return check


_CHECKS: Final[Mapping[str, Callable[[str], str]]] = {
    "school_name": _name,
    "currency": _currency,
    "locale": _locale,
    "timezone": _timezone,
    "arrears_alert_threshold": _threshold,
    "receipt_prefix": _prefix("receipt_prefix", say("The receipt prefix")),
    "admission_prefix": _prefix("admission_prefix", say("The admission prefix")),
    "session_idle_minutes": _whole("session_idle_minutes", say("Minutes until an idle session ends"), 5, 1440),
    "session_hours": _whole("session_hours", say("Hours until any session ends"), 1, 168),
    "notification_days": _whole("notification_days", say("Days that old notifications are kept"), 7, 3650),
    "activity_archive": _switch("activity_archive", say("Archiving the activity log")),
    "activity_archive_days": _whole("activity_archive_days", say("Days of activity in the database"), 90, 36500),
    "commit_hint": _switch("commit_hint", say("Telling other processes of commits")),
    "first_steps": _switch("first_steps", "Showing the first steps"),
}
