"""Errors that PostgreSQL would report of its own disk, planted and taken away again."""

from typing import Any

DISK_FULL, IO_ERROR = "53100", "58030"
_SAID = {
    DISK_FULL: 'could not extend file "base/5/16384": No space left on device',
    IO_ERROR: 'could not fsync file "base/5/16384": Input/output error',
}
_TABLES = ("payments", "user_sessions", "api_tokens", "users", "user_activity_log")


def plant(raw: Any, code: str) -> None:
    """Let every write of a person or program fail with a code of PostgreSQL's."""
    body = f"BEGIN RAISE EXCEPTION '{_SAID[code]}' USING ERRCODE = '{code}'; END"
    raw.execute(f"CREATE FUNCTION disk_fails() RETURNS trigger LANGUAGE plpgsql AS $body$ {body} $body$")
    for table in _TABLES:
        raw.execute(
            f"CREATE TRIGGER disk_fails BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION disk_fails()"
        )


def take_away(raw: Any) -> None:
    """The disk is well again."""
    # One table after the other: whoever writes several of them at once would be waited for, and wait.
    for table in _TABLES:
        raw.execute(f"DROP TRIGGER IF EXISTS disk_fails ON {table}")
    raw.execute("DROP FUNCTION IF EXISTS disk_fails")
