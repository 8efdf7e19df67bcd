"""PostgreSQL: statement triggers stage what a transaction adds, and one deferred trigger folds it in at commit.

The fold takes an advisory lock, always as the last lock, so that versions are in commit order and nobody deadlocks;
until the commit the statistics are those before the transaction. Row triggers guard.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Boolean, Column, Connection, Date, DateTime, text

from app.database.postgresql import CHANNEL, LOCKS, STATISTICS
from app.extensions import db
from app.statistics import balances, postgresql_balances
from app.statistics.expressions import moves, prefixed, unit_of
from app.statistics.guards import guards
from app.statistics.postgresql_balances import THRESHOLD, function
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

NOW = "clock_timestamp()"
VERBS = {"INSERT": "", "UPDATE": "_update", "DELETE": "_delete"}
"""The three verbs, and what each adds to a trigger's name."""
DONE = {"INSERT": "insert", "UPDATE": "update", "DELETE": "delete"}
REFERENCING = {
    "INSERT": "NEW TABLE AS new_rows",
    "UPDATE": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "DELETE": "OLD TABLE AS old_rows",
}
LABEL_LENGTH = 300

_STAGE = (
    "CREATE UNLOGGED TABLE statistics_stage (pid integer NOT NULL, metric_name text NOT NULL, delta bigint NOT NULL,\n"
    "  unit text NOT NULL, category text NOT NULL)",
    "CREATE UNLOGGED TABLE statistics_pending (pid integer PRIMARY KEY)",
)
"""Empty whenever nobody is inside a transaction."""

_FOLD = f"""DECLARE next_version bigint;
BEGIN
  IF coalesce((SELECT value FROM settings WHERE key = 'commit_hint'), 'on') = 'on' THEN
    PERFORM pg_notify('{CHANNEL}', '');
  END IF;
  IF EXISTS (SELECT 1 FROM statistics_stage WHERE pid = NEW.pid) THEN
    PERFORM pg_advisory_xact_lock({LOCKS}, {STATISTICS});
    SELECT version + 1 INTO next_version FROM sync_clock;
    WITH mine AS (DELETE FROM statistics_stage WHERE pid = NEW.pid RETURNING metric_name, delta, unit, category)
    INSERT INTO statistics_cache AS kept (metric_name, metric_value, unit, category, version, calculated_at)
    SELECT metric_name, sum(delta), min(unit), min(category), next_version, {NOW} FROM mine
    GROUP BY metric_name HAVING sum(delta) <> 0 ORDER BY metric_name
    ON CONFLICT (metric_name) DO UPDATE SET metric_value = kept.metric_value + excluded.metric_value,
      version = excluded.version, calculated_at = excluded.calculated_at;
    IF FOUND THEN
      UPDATE sync_clock SET version = next_version;
    END IF;
  END IF;
  DELETE FROM statistics_pending WHERE pid = NEW.pid;
  RETURN NULL;
END"""

_PENDING = "INSERT INTO statistics_pending VALUES (pg_backend_pid()) ON CONFLICT DO NOTHING"


class PostgresqlGenerator:
    """Statement triggers with transition tables; exact at commit, whoever else writes."""

    def triggers(self, currency: str) -> Sequence[str]:
        tables = dict.fromkeys([*TRIGGER_NAMES, *AUDITED_TABLES, *postgresql_balances.STEPS])
        synced = [sql for table in tables for verb in VERBS for sql in _sync_trigger(table, verb, currency)]
        return [
            *_STAGE,
            function("statistics_fold", _FOLD),
            "CREATE CONSTRAINT TRIGGER statistics_fold AFTER INSERT ON statistics_pending\n"
            "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION statistics_fold()",
            *synced,
            *postgresql_balances.row_triggers(),
            *postgresql_balances.alert_triggers(),
            *_guards(),
            *_truncate_guards(tables),
        ]

    def views(self) -> Sequence[str]:
        return balances.views(NOW, "now() - interval '7 days'")

    def recount(self, currency: str) -> str:
        counted = " UNION ALL ".join(_counted(metric, currency) for metric in METRICS)
        return (
            "SELECT metric_name, sum(delta)::bigint AS metric_value, unit, category "
            f"FROM ({counted}) AS counted WHERE metric_name IS NOT NULL "
            "GROUP BY metric_name, unit, category HAVING sum(delta) <> 0"
        )

    def now(self) -> str:
        return NOW

    def recount_balances(self) -> str:
        return balances.recount(THRESHOLD)

    def lock(self, connection: Connection) -> None:
        """Wait for whoever is writing, and let nobody begin; reading goes on."""
        names = ", ".join(sorted({*TRIGGER_NAMES, *AUDITED_TABLES, "payment_allocations"}))
        connection.exec_driver_sql(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE")

    def settle(self, connection: Connection) -> None:
        connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
        connection.exec_driver_sql("SET CONSTRAINTS ALL DEFERRED")

    def drop(self, connection: Connection) -> None:
        # What this transaction has written already still waits for its triggers.
        self.settle(connection)
        for trigger, table in connection.execute(_TRIGGERS):
            connection.exec_driver_sql(f'DROP TRIGGER "{trigger}" ON "{table}"')
        for (name,) in connection.execute(_FUNCTIONS):
            connection.exec_driver_sql(f'DROP FUNCTION "{name}"()')
        for kind, name in (
            *(("VIEW", view) for view in ("real_time_dashboard_stats", "recent_activities")),
            *(("TABLE", table) for table in ("statistics_stage", "statistics_pending")),
        ):
            connection.exec_driver_sql(f"DROP {kind} IF EXISTS {name}")

    def is_current(self, connection: Connection, currency: str) -> bool:
        """Compares the text of functions and triggers, that none is switched off, and the views' names."""
        if connection.scalar(text("SELECT to_regclass('statistics_stage')")) is None:
            return False
        expected = {_normal(sql) for sql in self.triggers(currency) if "CREATE UNLOGGED" not in sql}
        functions = {_normal(function(name, body)) for name, body in connection.execute(_BODIES)}
        triggers = {_normal(sql) for sql in connection.execute(_DEFINITIONS).scalars()}
        views = connection.scalar(
            text("SELECT count(*) FROM pg_views WHERE schemaname = current_schema() AND viewname IN (:one, :two)"),
            {"one": "real_time_dashboard_stats", "two": "recent_activities"},
        )
        return functions | triggers == expected and views == 2


_OURS = "c.relnamespace = current_schema()::regnamespace AND NOT t.tgisinternal"
_TRIGGERS = text(
    f"SELECT t.tgname, c.relname FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid WHERE {_OURS}"
)
_DEFINITIONS = text(
    "SELECT pg_get_triggerdef(t.oid, true) FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid "
    f"WHERE {_OURS} AND t.tgenabled = 'O'"
)
_WHERE_OURS = (
    "FROM pg_proc AS p WHERE p.pronamespace = current_schema()::regnamespace AND p.prorettype = 'trigger'::regtype "
    "AND NOT EXISTS (SELECT 1 FROM pg_depend AS d WHERE d.objid = p.oid AND d.deptype = 'e')"
)
_FUNCTIONS = text(f"SELECT p.proname {_WHERE_OURS}")
_BODIES = text(f"SELECT p.proname, p.prosrc {_WHERE_OURS}")


def _normal(sql: str) -> str:
    return " ".join(sql.lower().split())


def _columns(table: str) -> Sequence[Column[Any]]:
    return list(db.metadata.tables[table].columns)


def _part(column: Column[Any], name: str, form: str | None) -> str:
    """One column inside a metric's name, as text."""
    if isinstance(column.type, Date):
        shape = {None: "YYYY-MM-DD", "%Y-%m": "YYYY-MM"}[form]
        return f"to_char({name}, '{shape}')"
    return f"{name}::text"


def _counted(metric: Metric, currency: str) -> str:
    source = f"({balances.recount(THRESHOLD)})" if metric.table == "student_balances" else metric.table
    name, amount = moves(metric, "t.", _part)
    return (
        f"SELECT {name} AS metric_name, sum({amount}) AS delta, '{unit_of(metric, currency)}' AS unit, "
        f"'{metric.category}' AS category FROM {source} AS t GROUP BY 1"
    )


def _sync_trigger(table: str, verb: str, currency: str) -> Sequence[str]:
    steps = [
        *postgresql_balances.STEPS.get(table, {}).get(verb, ()),
        *_statistics_steps(table, verb, currency),
        *_activity_steps(table, verb),
    ]
    if not steps:
        return ()
    name = TRIGGER_NAMES.get(table, f"{table}_sync") + VERBS[verb]
    some = "old_rows" if verb == "DELETE" else "new_rows"
    body = "\n".join(f"  {step};" for step in steps)
    begin = f"BEGIN\n  IF NOT EXISTS (SELECT 1 FROM {some}) THEN RETURN NULL; END IF;\n"
    return (
        function(name, f"{begin}{body}\n  RETURN NULL;\nEND"),
        f"CREATE TRIGGER {name} AFTER {verb} ON {table} REFERENCING {REFERENCING[verb]}\n"
        f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()",
    )


def _statistics_steps(table: str, verb: str, currency: str) -> Sequence[str]:
    moved = []
    for metric in metrics_of(table):
        for rows, sign, verbs in (("old_rows", "-", "UPDATE DELETE"), ("new_rows", "", "INSERT UPDATE")):
            if verb in verbs:
                name, amount = moves(metric, "r.", _part)
                moved.append(
                    f"SELECT {name} AS metric_name, {sign}({amount}) AS delta, '{unit_of(metric, currency)}' AS unit, "
                    f"'{metric.category}' AS category FROM {rows} AS r"
                )
    if not moved:
        return ()
    union = "\n      UNION ALL ".join(moved)
    return (
        "INSERT INTO statistics_stage (pid, metric_name, delta, unit, category)\n"
        f"    SELECT pg_backend_pid(), metric_name, sum(delta), unit, category FROM (\n      {union}) AS moved\n"
        "    WHERE metric_name IS NOT NULL GROUP BY metric_name, unit, category HAVING sum(delta) <> 0",
        *(() if table in AUDITED_TABLES else (f"IF FOUND THEN\n    {_PENDING};\n  END IF",)),
    )


def _activity_steps(table: str, verb: str) -> Sequence[str]:
    if table not in AUDITED_TABLES:
        return ()
    keys = [column.name for column in db.metadata.tables[table].primary_key.columns]
    same_row = " AND ".join(f"o.{key} = n.{key}" for key in keys)
    source = {
        "INSERT": "FROM new_rows AS n",
        "DELETE": "FROM old_rows AS o",
        # A row whose key changed is one that went and one that came.
        "UPDATE": f"FROM old_rows AS o FULL JOIN new_rows AS n ON {same_row} WHERE {_changed(table, keys[0])}",
    }[verb]
    before = f"CASE WHEN o.{keys[0]} IS NOT NULL THEN {_as_json(table, 'o.')} END" if verb != "INSERT" else "NULL::json"
    after = f"CASE WHEN n.{keys[0]} IS NOT NULL THEN {_as_json(table, 'n.')} END" if verb != "DELETE" else "NULL::json"
    rows = {"INSERT": "n.", "DELETE": "o."}.get(verb)

    def of_row(expression: str) -> str:
        if rows:
            return _as_text(table, expression, rows)
        return f"coalesce({_as_text(table, expression, 'n.')}, {_as_text(table, expression, 'o.')})"

    names = [column.name for column in _columns(table)]
    label = LABELS.get(table) or ("name" if "name" in names else "'#' || id")
    record = of_row("id") + "::integer" if "id" in names else "NULL"
    noun = table.replace("_", " ")
    order = f"\n    ORDER BY {of_row(keys[0]) if keys[0] != 'id' else record}"
    return (
        "INSERT INTO user_activity_log (user_id, username, activity_type, description, activity_data, table_name, "
        "record_id, ip_address, timestamp)\n"
        "    SELECT nullif(current_setting('schoolpulse.user_id', true), '')::integer,\n"
        "      coalesce(nullif(current_setting('schoolpulse.username', true), ''), 'system'),\n"
        f"      '{table}.{DONE[verb]}', left('{noun}: ' || coalesce({of_row(label)}, ''), {LABEL_LENGTH}),\n"
        f"      json_build_object('before', {before}, 'after', {after}), '{table}', {record},\n"
        f"      nullif(current_setting('schoolpulse.ip_address', true), ''), {NOW}\n"
        f"    {source}{order}",
        _PENDING,
    )


def _changed(table: str, key: str) -> str:
    watched = [column.name for column in _columns(table) if column.name not in QUIET_COLUMNS]
    before, after = (", ".join(f"{row}.{name}" for name in watched) for row in "on")
    return f"({before}) IS DISTINCT FROM ({after}) OR o.{key} IS NULL OR n.{key} IS NULL"


def _as_text(table: str, expression: str, prefix: str) -> str:
    """An expression of columns that gives text, whatever the server's own way of writing dates."""
    dates = {column.name for column in _columns(table) if isinstance(column.type, Date)}
    written = prefixed(expression, prefix, [column.name for column in _columns(table)])
    for name in dates:
        written = written.replace(prefix + name, f"to_char({prefix}{name}, 'YYYY-MM-DD')")
    return f"({written})::text"


def _as_json(table: str, prefix: str) -> str:
    """A row as SQLite writes it: moments as text in UTC, truth as 1 and 0."""
    hidden = SECRET_COLUMNS | QUIET_COLUMNS
    pairs = [f"'{c.name}', {_json_value(c, prefix + c.name)}" for c in _columns(table) if c.name not in hidden]
    return f"json_build_object({', '.join(pairs)})"


def _json_value(column: Column[Any], name: str) -> str:
    kind = getattr(column.type, "impl", column.type)
    if isinstance(kind, DateTime):
        return f"to_char({name} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
    if isinstance(kind, Boolean):
        return f"{name}::integer"
    return f"to_char({name}, 'YYYY-MM-DD')" if isinstance(kind, Date) else name


def _guards() -> Sequence[str]:
    made: list[str] = []
    for guard in guards():
        back = "OLD" if "DELETE" in guard.event else "NEW"
        refusal = f"RAISE EXCEPTION '{guard.code}' USING ERRCODE = 'integrity_constraint_violation'"
        made += (
            function(guard.name, f"BEGIN\n  IF ({guard.when}) THEN\n    {refusal};\n  END IF;\n  RETURN {back};\nEND"),
            f"CREATE TRIGGER {guard.name} {guard.event}\nFOR EACH ROW EXECUTE FUNCTION {guard.name}()",
        )
    return made


def _truncate_guards(tables: Sequence[str] | dict[str, None]) -> Sequence[str]:
    names = sorted({*tables, "payment_allocations", "user_activity_log", "activity_seals"})
    refusal = "RAISE EXCEPTION 'needs_delete' USING ERRCODE = 'integrity_constraint_violation'"
    return [
        function("guard_truncate", f"BEGIN\n  {refusal};\nEND"),
        *(
            f"CREATE TRIGGER guard_{name}_truncate BEFORE TRUNCATE ON {name}\n"
            "FOR EACH STATEMENT EXECUTE FUNCTION guard_truncate()"
            for name in names
        ),
    ]
