"""Runs migrations in one transaction: triggers and views are dropped first and made again from the code at the end."""

import time

from alembic import context
from flask import current_app
from sqlalchemy import inspect

from app.database import backend
from app.statistics.install import drop_derived, sync_derived

PATIENCE = 60.0
database = current_app.extensions["migrate"].db


def run_migrations() -> None:
    here = backend()
    with database.engine.connect() as connection, here.migrating(connection):
        connection = connection.execution_options(**here.write_options(time.monotonic() + PATIENCE))
        context.configure(connection=connection, target_metadata=database.metadata, transactional_ddl=True)
        with context.begin_transaction():
            drop_derived(connection)
            context.run_migrations()
            if inspect(connection).has_table("statistics_cache"):
                sync_derived(connection)
            here.check_migrated(connection)


run_migrations()
