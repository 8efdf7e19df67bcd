"""The settings of a school: their names, defaults and what a value may be."""

import re
from collections.abc import Callable, Mapping
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale, UnknownLocaleError

from app.domain.money import check_amount
from app.domain.names import clean_name
from app.errors import Invalid

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
}
CURRENCIES: Final[Mapping[str, str]] = {
    "GHS": "Ghanaian cedi",
    "NGN": "Nigerian naira",
    "XOF": "West African CFA franc",
    "XAF": "Central African CFA franc",
    "LRD": "Liberian dollar",
    "SLE": "Sierra Leonean leone",
    "GMD": "Gambian dalasi",
    "KES": "Kenyan shilling",
    "UGX": "Ugandan shilling",
    "TZS": "Tanzanian shilling",
    "RWF": "Rwandan franc",
    "ZMW": "Zambian kwacha",
    "MWK": "Malawian kwacha",
    "ZAR": "South African rand",
    "USD": "US dollar",
    "EUR": "Euro",
    "GBP": "Pound sterling",
    "INR": "Indian rupee",
}
LOCALES: Final[Mapping[str, str]] = {
    "en_GH": "English (Ghana)",
    "en_NG": "English (Nigeria)",
    "en_KE": "English (Kenya)",
    "en_UG": "English (Uganda)",
    "en_TZ": "English (Tanzania)",
    "en_ZA": "English (South Africa)",
    "en_GB": "English (United Kingdom)",
    "en_US": "English (United States)",
    "en_IN": "English (India)",
    "fr_CI": "French (Côte d’Ivoire)",
    "fr_SN": "French (Senegal)",
    "fr_CM": "French (Cameroon)",
}
_PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,7}")


def check_setting(name: str, text: str) -> str:
    """The value as it is kept. Raises Invalid, naming the setting, for one that the school could not work with."""
    if name not in _CHECKS:
        raise Invalid(f"There is no setting {name}.", param=name, code="unknown_setting")
    return _CHECKS[name](text.strip())


def zones() -> list[str]:
    """The time zones that a school may choose, by name."""
    return sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/")))


def _name(text: str) -> str:
    return clean_name(text, param="school_name", most=80, label="The school's name")


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
            raise Invalid(f"{label} must be a letter with at most 7 letters, digits or hyphens after it.", param=name)
        return text

    return check


def _switch(name: str, label: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        if text not in ("on", "off"):
            raise Invalid(f"{label} must be on or off.", param=name)
        return text

    return check


def _whole(name: str, label: str, least: int, most: int) -> Callable[[str], str]:
    def check(text: str) -> str:
        if not re.fullmatch("[0-9]{1,6}", text) or not least <= int(text) <= most:
            raise Invalid(f"{label} must be a whole number from {least} to {most}.", param=name)
        return str(int(text))

    return check


_CHECKS: Final[Mapping[str, Callable[[str], str]]] = {
    "school_name": _name,
    "currency": _currency,
    "locale": _locale,
    "timezone": _timezone,
    "arrears_alert_threshold": _threshold,
    "receipt_prefix": _prefix("receipt_prefix", "The receipt prefix"),
    "admission_prefix": _prefix("admission_prefix", "The admission prefix"),
    "session_idle_minutes": _whole("session_idle_minutes", "Minutes until an idle session ends", 5, 1440),
    "session_hours": _whole("session_hours", "Hours until any session ends", 1, 168),
    "notification_days": _whole("notification_days", "Days that old notifications are kept", 7, 3650),
    "activity_archive": _switch("activity_archive", "Archiving the activity log"),
    "activity_archive_days": _whole("activity_archive_days", "Days of activity in the database", 90, 36500),
    "commit_hint": _switch("commit_hint", "Telling other processes of commits"),
}
