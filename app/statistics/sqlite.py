"""SQLite: row triggers that add what came and subtract what went, generated from the specification.

SQLite runs the triggers of one event in no promised order, so each table has one trigger a verb that does everything
in steps; guards are triggers of their own, since any of them may refuse first.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, Connection, text

from app.extensions import db
from app.statistics import balances, sqlite_balances, sqlite_guards
from app.statistics.expressions import moves, prefixed, unit_of
from app.statistics.spec import (
    AUDITED_TABLES,
    LABELS,
    METRICS,
    QUIET_COLUMNS,
    SECRET_COLUMNS,
    TRIGGER_NAMES,
    Metric,
    metrics_of,
)

NOW = "strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'"
VERBS = ("INSERT", "UPDATE", "DELETE")
SUFFIXES = {"INSERT": "", "UPDATE": "_update", "DELETE": "_delete"}
DONE = {"INSERT": "insert", "UPDATE": "update", "DELETE": "delete"}


class SqliteGenerator:
    """Row triggers and a one-row clock; exact because SQLite has one writer at a time."""

    def triggers(self, currency: str) -> Sequence[str]:
        tables = dict.fromkeys([*TRIGGER_NAMES, *AUDITED_TABLES, *sqlite_balances.STEPS])
        made = [_sync_trigger(table, verb, currency) for table in tables for verb in VERBS]
        return [*(sql for sql in made if sql), *sqlite_balances.alert_triggers(), *sqlite_guards.triggers()]

    def views(self) -> Sequence[str]:
        return balances.views(NOW, "strftime('%Y-%m-%d %H:%M:%f', 'now', '-7 days')")

    def recount(self, currency: str) -> str:
        counted = " UNION ALL ".join(_counted(metric, currency) for metric in METRICS)
        return (
            "SELECT metric_name, sum(delta) AS metric_value, unit, category "
            f"FROM ({counted}) WHERE metric_name IS NOT NULL GROUP BY metric_name HAVING sum(delta) <> 0"
        )

    def now(self) -> str:
        return NOW

    def lock(self, connection: Connection) -> None:
        """The write lock is held already."""

    def settle(self, connection: Connection) -> None:
        """Nothing is put off here."""

    def drop(self, connection: Connection) -> None:
        found = connection.execute(text("SELECT type, name FROM sqlite_schema WHERE type IN ('trigger', 'view')")).all()
        for kind, name in found:
            connection.exec_driver_sql(f'DROP {kind} "{name}"')

    def is_current(self, connection: Connection, currency: str) -> bool:
        rows = connection.execute(text("SELECT sql FROM sqlite_schema WHERE type IN ('trigger', 'view')")).scalars()
        return sorted(rows) == sorted([*self.triggers(currency), *self.views()])

    def recount_balances(self) -> str:
        return sqlite_balances.RECOUNT


def _part(column: Column[Any], name: str, form: str | None) -> str:
    """One column inside a metric's name; dates are text here."""
    if form is None:
        return name
    if form == "%Y-%m":
        return f"substr({name}, 1, 7)"
    raise ValueError(f"no SQL for the date format {form}")


def _columns(table: str) -> list[str]:
    return [column.name for column in db.metadata.tables[table].columns]


def _counted(metric: Metric, currency: str) -> str:
    source = f"({sqlite_balances.RECOUNT})" if metric.table == "student_balances" else metric.table
    name, amount = moves(metric, "t.", _part)
    return (
        f"SELECT {name} AS metric_name, sum({amount}) AS delta, '{unit_of(metric, currency)}' AS unit, "
        f"'{metric.category}' AS category FROM {source} AS t GROUP BY 1"
    )


def _sync_trigger(table: str, verb: str, currency: str) -> str | None:
    steps = [
        *sqlite_balances.STEPS.get(table, {}).get(verb, ()),
        *_statistics_steps(table, verb, currency),
        *_activity_steps(table, verb),
    ]
    if not steps:
        return None
    name = TRIGGER_NAMES.get(table, f"{table}_sync") + SUFFIXES[verb]
    body = "\n".join(f"  {step};" for step in steps)
    return f"CREATE TRIGGER {name} AFTER {verb} ON {table}{_when(table, verb)} BEGIN\n{body}\nEND"


def _when(table: str, verb: str) -> str:
    if verb != "UPDATE":
        return ""
    watched = [column for column in _columns(table) if column not in QUIET_COLUMNS]
    return "\nWHEN " + " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in watched)


def _statistics_steps(table: str, verb: str, currency: str) -> list[str]:
    metrics = metrics_of(table)
    if not metrics:
        return []
    rows = []
    for metric in metrics:
        for prefix, sign in (("OLD.", "-"), ("NEW.", "")):
            if (prefix == "OLD." and verb == "INSERT") or (prefix == "NEW." and verb == "DELETE"):
                continue
            name, amount = moves(metric, prefix, _part)
            rows.append(f"({name}, {sign}({amount}), '{unit_of(metric, currency)}', '{metric.category}')")
    values = ",\n      ".join(rows)
    return [
        "INSERT INTO statistics_cache (metric_name, metric_value, unit, category, version, calculated_at)\n"
        "    SELECT column1, sum(column2), column3, column4, (SELECT version + 1 FROM sync_clock), "
        f"{NOW} FROM (VALUES\n      {values})\n"
        "    WHERE column1 IS NOT NULL GROUP BY column1 HAVING sum(column2) <> 0\n"
        "    ON CONFLICT (metric_name) DO UPDATE SET metric_value = metric_value + excluded.metric_value,\n"
        "      version = excluded.version, calculated_at = excluded.calculated_at",
        "UPDATE sync_clock SET version = version + 1\n"
        "    WHERE EXISTS (SELECT 1 FROM statistics_cache WHERE version > sync_clock.version)",
    ]


def _activity_steps(table: str, verb: str) -> list[str]:
    if table not in AUDITED_TABLES:
        return []
    row = "OLD." if verb == "DELETE" else "NEW."
    columns = _columns(table)
    before = _as_json(table, "OLD.") if verb != "INSERT" else "NULL"
    after = _as_json(table, "NEW.") if verb != "DELETE" else "NULL"
    label = LABELS.get(table) or ("name" if "name" in columns else "'#' || id")
    noun = table.replace("_", " ")
    record = f"{row}id" if "id" in columns else "NULL"
    return [
        "INSERT INTO user_activity_log (user_id, username, activity_type, description, activity_data, table_name, "
        "record_id, ip_address, timestamp)\n"
        f"    SELECT c.user_id, coalesce(c.username, 'system'), '{table}.{DONE[verb]}', "
        f"'{noun}: ' || coalesce({prefixed(label, row, columns)}, ''),\n"
        f"      json_object('before', {before}, 'after', {after}), '{table}', {record}, c.ip_address, {NOW}\n"
        "    FROM (SELECT 1) LEFT JOIN write_context AS c ON c.id = 1"
    ]


def _as_json(table: str, prefix: str) -> str:
    hidden = SECRET_COLUMNS | QUIET_COLUMNS
    pairs = [f"'{column}', {prefix}{column}" for column in _columns(table) if column not in hidden]
    return f"json_object({', '.join(pairs)})"
