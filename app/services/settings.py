"""Changing what a school sets once."""

import logging
from collections.abc import Mapping

from sqlalchemy import select

from app.database import atomic
from app.domain.money import decimals
from app.domain.settings import check_setting
from app.errors import Conflict
from app.models import Fee, FinancialTransaction, Setting
from app.queries.settings import all_settings
from app.statistics.install import sync_derived

log = logging.getLogger(__name__)


def save_settings(changes: Mapping[str, str]) -> None:
    """Keep new values, all or none. `arrears_alert_threshold` comes in minor units, as digits.

    Another currency renames the unit of every figure in the same transaction. Raises Invalid, and Conflict when
    amounts that exist would change their worth.
    """
    checked = {name: check_setting(name, text) for name, text in changes.items()}
    with atomic() as session:
        before = all_settings()
        changed = {name: value for name, value in checked.items() if before[name] != value}
        if "currency" in changed and decimals(before["currency"]) != decimals(changed["currency"]):
            _refuse_once_amounts_exist()
        for name, value in changed.items():
            session.merge(Setting(key=name, value=value))
        session.flush()
        if "currency" in changed:
            # The triggers write the currency beside each amount; they and the figures are made again.
            sync_derived(session.connection())
    if changed:
        log.info("settings changed: %s", ", ".join(sorted(changed)))


def _refuse_once_amounts_exist() -> None:
    with atomic() as session:
        if session.scalar(select(Fee.id).limit(1)) or session.scalar(select(FinancialTransaction.id).limit(1)):
            raise Conflict(
                "The currency cannot change to one with other decimals once amounts have been recorded.",
                param="currency",
                code="currency_in_use",
            )
