"""The worker: `python sync_worker.py` keeps right what only time changes. Any number may run; one of them works.

It never talks to screens: what it changes in the database, the web processes see and send.
"""

import logging
import os
import secrets
import signal
import socket
import threading
import time

from app import create_app
from app.extensions import db
from app.jobs.loop import Worker
from app.jobs.stop import Running

TURN_SECONDS = 0.5
GRACE_SECONDS = 1.0
LEAVE_SECONDS = 3.0


def main() -> None:
    """Work until SIGTERM or Ctrl-C."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    app = create_app({"ASYNC_MODE": "threading"})
    stop, leaving = threading.Event(), threading.Event()
    worker = Worker(f"{socket.gethostname()[:32]}:{os.getpid()}:{secrets.token_hex(4)}", stopping=stop)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    with app.app_context():
        running = Running(db.engine)

    def work() -> None:
        with app.app_context():
            while not stop.is_set():
                worker.turn()
                stop.wait(TURN_SECONDS)
            leaving.set()
            worker.leave()

    # Threads, so that a signal is heard and the lease is kept while a long recount runs.
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    threading.Thread(target=worker.keep_beating, args=(app,), daemon=True).start()
    while thread.is_alive() and not stop.wait(TURN_SECONDS):
        pass
    leave_by = time.monotonic() + LEAVE_SECONDS
    thread.join(GRACE_SECONDS)
    while thread.is_alive() and time.monotonic() < leave_by:
        if not leaving.is_set():
            running.interrupt()
        thread.join(0.1)
    if thread.is_alive():
        # Whatever it holds on to, nothing is half saved: the transaction ends with the process.
        logging.shutdown()
        os._exit(0)


if __name__ == "__main__":
    main()
