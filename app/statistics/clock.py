"""The clock of the figures, for the few who write a figure besides the triggers."""

from sqlalchemy import Connection, text

from app.database.postgresql import LOCKS, STATISTICS


def next_version(connection: Connection) -> int:
    """Move the clock on by one, and keep others from moving it until the commit; the new version."""
    if connection.dialect.name == "postgresql":
        # The lock that every fold takes last: without it two commits could carry the same version.
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCKS}, {STATISTICS})")
    connection.execute(text("UPDATE sync_clock SET version = version + 1"))
    return int(connection.execute(text("SELECT version FROM sync_clock")).scalar_one())
