"""A connection under which the disk failed is closed and never asked again.

What it believes about the file may be wrong from then on: after a sync that failed, the next one says that all is well
although nothing was written.
"""

import logging
from collections.abc import Callable

from sqlalchemy import Connection, Engine, ExceptionContext, event

log = logging.getLogger(__name__)
_SAID = "the disk reported an error, and a connection to the database is given up: %s"


def give_up_where(engine: Engine, failed: Callable[[BaseException | None], bool]) -> None:
    """Give up each connection of an engine at the first error that `failed` recognises."""

    def judge(context: ExceptionContext) -> None:
        if failed(context.original_exception):
            log.error(_SAID, context.original_exception)
            context.is_disconnect = True
            # Others may be in the middle of their work.
            context.invalidate_pool_on_disconnect = False

    event.listen(engine, "handle_error", judge)


def give_up(connection: Connection, error: BaseException) -> None:
    """The same for an error that SQLAlchemy did not see."""
    log.error(_SAID, error)
    connection.invalidate(error)
