"""SQLite: the guards as triggers, and two more against what a careless connection leaves out."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Table, UniqueConstraint

from app.extensions import db
from app.statistics.guards import guards
from app.statistics.spec import AUDITED_TABLES


def _refuse(name: str, event: str, when: str, code: str) -> str:
    return f"CREATE TRIGGER {name} {event}\nWHEN {when} BEGIN SELECT RAISE(ABORT, '{code}'); END"


def _keys(table: Table) -> list[list[str]]:
    """The columns of each key that no two rows of a table share."""
    keys = [[column.name for column in table.primary_key.columns]]
    keys += [
        [column.name for column in found.columns] for found in table.constraints if type(found) is UniqueConstraint
    ]
    keys += [[column.name for column in found.columns] for found in table.indexes if found.unique]
    return sorted(keys)


def _replace_guards() -> Iterator[str]:
    """REPLACE from a connection without recursive_triggers would skip the delete triggers: it is refused instead."""
    off = "(SELECT recursive_triggers FROM pragma_recursive_triggers) = 0"
    for name in (*AUDITED_TABLES, "payment_allocations", "user_activity_log", "activity_seals"):
        table = db.metadata.tables[name]
        (own,) = (column.name for column in table.primary_key.columns)
        same = " OR ".join(" AND ".join(f"{column} = NEW.{column}" for column in key) for key in _keys(table))
        columns = ", ".join(sorted({column for key in _keys(table) for column in key}))
        for verb, event, others in (
            ("insert", "INSERT", ""),
            ("update", f"UPDATE OF {columns}", f"{own} <> OLD.{own} AND "),
        ):
            yield _refuse(
                f"guard_{name}_replace_{verb}",
                f"BEFORE {event} ON {name}",
                f"EXISTS (SELECT 1 FROM {name} WHERE {others}({same}))\n  AND {off}",
                "needs_recursive_triggers",
            )


def _orphan_guards() -> Iterator[str]:
    """A parent that leaves while a connection has foreign keys off would leave orphans: it is refused instead."""
    off = "(SELECT foreign_keys FROM pragma_foreign_keys) = 0"
    children: dict[str, set[str]] = {}
    for table in db.metadata.tables.values():
        for key in table.foreign_keys:
            found = f"EXISTS (SELECT 1 FROM {table.name} WHERE {key.parent.name} = OLD.id)"
            children.setdefault(key.column.table.name, set()).add(found)
    for name, checks in sorted(children.items()):
        # A student's balance leaves by trigger.
        left = [exists for exists in sorted(checks) if "student_balances" not in exists]
        for verb, event, when in (
            ("delete", "DELETE", " OR ".join(left)),
            ("update", "UPDATE OF id", f"NEW.id <> OLD.id AND ({' OR '.join(sorted(checks))})"),
        ):
            yield _refuse(
                f"guard_{name}_orphans_{verb}",
                f"BEFORE {event} ON {name}",
                f"{off} AND ({when})",
                "needs_foreign_keys",
            )


def triggers() -> Sequence[str]:
    """All guards."""
    return (
        *(_refuse(guard.name, guard.event, guard.when, guard.code) for guard in guards()),
        *_replace_guards(),
        *_orphan_guards(),
    )
