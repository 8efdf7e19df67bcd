"""The settings of a school: their names, defaults and what a value may be."""

from collections.abc import Mapping
from typing import Final

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
}
