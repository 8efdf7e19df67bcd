"""Runs migrations in one transaction: triggers and views are dropped first and made again from the code at the end."""

from alembic import context
from flask import current_app
from sqlalchemy import inspect

from app.database import refuse_orphans, without_foreign_keys
from app.statistics.install import drop_derived, sync_derived

database = current_app.extensions["migrate"].db


def run_migrations() -> None:
    engine = database.engine.execution_options(writes=True)
    with engine.connect() as connection, without_foreign_keys(connection):
        context.configure(connection=connection, target_metadata=database.metadata, transactional_ddl=True)
        with context.begin_transaction():
            drop_derived(connection)
            context.run_migrations()
            if inspect(connection).has_table("statistics_cache"):
                sync_derived(connection)
            refuse_orphans(connection)


run_migrations()
