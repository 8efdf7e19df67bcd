"""The one door for writing: all of it or nothing, announced only once it is saved."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from blinker import Namespace
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from app.database.actor import current_actor
from app.database.backend import backend
from app.errors import CONSTRAINTS, GUARDS, DatabaseBusy, DatabaseGone, StorageFailed, StorageFull
from app.extensions import db

log = logging.getLogger(__name__)

LOCK_TIMEOUT = 5.0
"""Seconds a writer waits for the write lock before it answers that the database is busy."""

committed = Namespace().signal("committed")
"""Sent after each commit of `atomic()`; carries nothing, since what changed is read back from the database."""


@contextmanager
def atomic(*, account: int | None = None, patience: float | None = None) -> Iterator[Session]:
    """Write in one transaction: all of it or nothing; the write lock is taken before the first read.

    With `account`, the id of a student, the block touches the money of that student only; where the database can,
    other accounts are written meanwhile. A block inside a block joins the outer one: when it fails, the outer one
    cannot commit, even if the error is caught in between. No network, sleep, render or emit inside. Raises DatabaseBusy
    when the lock is not to be had within `patience` seconds (LOCK_TIMEOUT unless given), and the SchoolError of a guard
    that refused.
    """
    session = db.session()
    if "atomic" in session.info:
        with _joined(session):
            yield session
        return
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("rows were changed outside atomic()")
    # What was read before the lock may be old; the block reads it again.
    session.rollback()
    here = backend()
    patience = LOCK_TIMEOUT if patience is None else patience
    # One deadline for all locks: a queue of writers behind another process would otherwise wait twice as long.
    deadline = time.monotonic() + patience
    with here.alone(patience):
        session.info["atomic"] = "open"
        try:
            session.connection(execution_options=dict(here.write_options(deadline)))
            here.begin_write(session, current_actor(), deadline, account)
            yield session
            if session.info["atomic"] == "failed":
                raise RuntimeError("a block inside this transaction failed and its error was caught: nothing was saved")
            session.flush()
            here.end_write(session)
            session.commit()
        except BaseException as error:
            roll_back(session)
            raise_translated(error)
        finally:
            session.info.pop("atomic", None)
    _announce()


@contextmanager
def _joined(session: Session) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        session.info["atomic"] = "failed"
        raise_translated(error)


def roll_back(session: Session) -> None:
    """End a session's transaction without its changes, also when the connection broke meanwhile."""
    try:
        session.rollback()
    except Exception as error:
        if not isinstance(error, (DBAPIError, *backend().errors)):
            raise
        log.warning("a connection to the database broke")
        session.invalidate()


def _announce() -> None:
    try:
        committed.send()
    except Exception:
        # What was saved stays saved: whoever saved it must not be told otherwise.
        log.exception("a listener of the commit failed")


def raise_translated(error: BaseException) -> NoReturn:
    """Raise what an error of the database means, or the error itself."""
    meaning = translated(error)
    if meaning is error:
        raise error
    raise meaning from error


def translated(error: BaseException) -> BaseException:
    """The SchoolError behind a database error, or the error itself when nobody expected it."""
    here = backend()
    if isinstance(error, PoolTimeout):
        return DatabaseBusy()
    # Beginning and committing may speak to the driver directly, so its own errors arrive unwrapped.
    if not isinstance(error, (DBAPIError, *here.errors)):
        return error
    reason = error.orig if isinstance(error, DBAPIError) and error.orig else error
    message = here.message(reason)
    for code, refusal in {**GUARDS, **CONSTRAINTS}.items():
        if code in message:
            return type(refusal)(refusal.message, param=refusal.param, code=refusal.code)
    if here.is_full(reason):
        return StorageFull()
    if here.is_failing(reason):
        return StorageFailed()
    if here.is_busy(reason):
        return DatabaseBusy()
    return DatabaseGone() if here.is_gone(reason) else error
