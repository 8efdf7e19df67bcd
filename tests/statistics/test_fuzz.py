"""Thousands of random operations by SQL: every figure equals its recount, whoever wrote and whatever was refused."""

import pytest

from app.statistics.verify import differences
from tests.support.database import as_sqlalchemy, drop_trigger, is_sqlite, rows, value
from tests.support.fuzz import FORGERIES, Fuzz
from tests.support.recount import counted, kept

OPERATIONS_PER_SEED = {"sqlite": 8_000, "postgresql": 3_000}
"""Each is a transaction; to PostgreSQL it is several calls over a socket."""
BETWEEN_CHECKS = 500
SEEDS = (1, 2, *(pytest.param(seed, marks=pytest.mark.long) for seed in (3, 4, 5)))
SELDOM = ("remove_all_fees", "empty_register", "empty_the_cash_book", "pay_somebody_elses_fee", "change_category")
"""Operations that the database refuses nearly always."""
CHANCE = {"sqlite": (), "postgresql": ("remove_class",)}
"""Of fewer operations on rows that come in no certain order, some happen by chance only."""

FILLED = {"students", "teachers", "attendance", "fees", "payments", "payment_allocations"}


def wrong(raw):
    with as_sqlalchemy(raw) as connection:
        return differences(connection)


def assert_exact(raw):
    assert wrong(raw) == []
    truth, cache = counted(raw), kept(raw)
    assert cache.figures == truth.figures
    assert cache.balances == truth.balances
    assert cache.above == truth.above


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_random_work_leaves_every_figure_exact(memory, seed, backend):
    fuzz, filled = Fuzz(memory, seed), set()
    for _ in range(OPERATIONS_PER_SEED[backend] // BETWEEN_CHECKS):
        fuzz.run(BETWEEN_CHECKS)
        assert_exact(memory)
        filled |= {table for table in FILLED if value(memory, f"SELECT count(*) FROM {table}")}
    assert fuzz.attempts > OPERATIONS_PER_SEED[backend]
    assert {name for name in fuzz.operations if not fuzz.done[name]} <= {*FORGERIES, *SELDOM, *CHANCE[backend]}
    assert {name for name in FORGERIES if fuzz.done[name]} == set()
    assert {name for name in fuzz.operations if name in FORGERIES and not fuzz.refused[name]} == set()
    assert filled == FILLED, "some tables were empty whenever the figures were compared"
    for condition in ("cleared_at IS NULL", "cleared_at IS NOT NULL"):
        assert value(memory, f"SELECT count(*) FROM system_notifications WHERE {condition}") > 0
    if is_sqlite(memory):
        assert memory.execute("PRAGMA foreign_key_check").fetchall() == []
        assert memory.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    else:
        assert value(memory, "SELECT (SELECT count(*) FROM statistics_stage) + count(*) FROM statistics_pending") == 0


def without(trigger):
    return lambda raw: drop_trigger(raw, trigger)


def with_a_wrong_sign(raw):
    name = "financial_transaction_stats_sync_delete"
    if not is_sqlite(raw):
        sql = value(raw, "SELECT pg_get_functiondef(CAST(? AS regproc))", (name,))
        assert ", -(" in sql
        raw.execute(sql.replace(", -(", ", +("))
        return
    sql = value(raw, "SELECT sql FROM sqlite_schema WHERE name = ?", (name,))
    assert ", -(" in sql
    raw.execute(f"DROP TRIGGER {name}")
    raw.execute(sql.replace(", -(", ", +("))


def without_recursive_triggers(raw):
    for row in rows(raw, "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND name LIKE 'guard_%_replace_%'"):
        raw.execute(f"DROP TRIGGER {row['name']}")
    raw.execute("PRAGMA recursive_triggers = OFF")


def with_a_statistic_typed_in(raw):
    raw.execute("UPDATE statistics_cache SET metric_value = metric_value + 1 WHERE metric_name = 'total_enrollment'")


SABOTAGES = {
    "a wrong sign": with_a_wrong_sign,
    "replaced rows leave no trace": without_recursive_triggers,
    "a figure typed in by hand": with_a_statistic_typed_in,
    "a removed mark is not taken away": without("attendance_sync_delete"),
    "a moved student stays": without("student_enrollment_sync_update"),
    "a new fee is not counted": without("fee_payment_stats_sync"),
    "a share settles nothing": without("payment_allocations_sync"),
    "a voided receipt still counts": without("payments_sync_update"),
    "a new threshold changes nothing": without("settings_sync"),
}


ONLY_SQLITE = "replaced rows leave no trace"


@pytest.mark.parametrize(
    "sabotage",
    [pytest.param(name, marks=[pytest.mark.sqlite] if name == ONLY_SQLITE else []) for name in SABOTAGES],
)
def test_both_recounts_find_a_trigger_that_is_missing_or_wrong(memory, sabotage):
    fuzz = Fuzz(memory, 4, careless=False)
    fuzz.run(500)
    assert_exact(memory)
    SABOTAGES[sabotage](memory)
    for _ in range(20):
        fuzz.run(100)
        if wrong(memory):
            break
    assert wrong(memory) != []
    truth, cache = counted(memory), kept(memory)
    assert (cache.figures, cache.balances) != (truth.figures, truth.balances)


@pytest.mark.parametrize("trigger", ["_update", "_clear"])
def test_a_missing_alert_trigger_is_found(memory, trigger):
    fuzz = Fuzz(memory, 5)
    drop_trigger(memory, f"high_fee_arrears_notification{trigger}")
    for _ in range(20):
        fuzz.run(100)
        if kept(memory).above != counted(memory).above:
            break
    assert kept(memory).above != counted(memory).above
