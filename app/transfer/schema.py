"""The schema of a database that this process was not started for: which one it has, and bringing it up to date."""

from collections.abc import Sequence

from sqlalchemy import Connection, inspect, text

from app.extensions import db
from app.schema import MIGRATIONS, newest_revision


def revision_of(connection: Connection) -> str | None:
    """The schema's revision; None in a database that holds no school."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def is_known(revision: str) -> bool:
    """Whether this program can bring a schema up to date; that of a newer program it cannot."""
    return any(MIGRATIONS.glob(f"versions/{revision}_*.py")) if revision.isalnum() else False


def newest() -> str:
    """The revision of this program."""
    return newest_revision()


def upgrade(connection: Connection) -> None:
    """Make or change the tables up to the newest revision, in the connection's transaction.

    Triggers and views must have been dropped, and are made again by the caller.
    """
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    script = ScriptDirectory(str(MIGRATIONS))

    def steps(revision: object, context: MigrationContext) -> Sequence[object]:
        return script._upgrade_revs("head", revision)  # type: ignore[arg-type]

    with EnvironmentContext(Config(), script, fn=steps, destination_rev="head") as environment:
        environment.configure(connection=connection, target_metadata=db.metadata, transactional_ddl=True)
        environment.run_migrations()
