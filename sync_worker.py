"""The worker: `python sync_worker.py` keeps right what only time changes. Any number may run; one of them works.

It never talks to screens: what it changes in the database, the web processes see and send.
"""

import logging
import os
import secrets
import signal
import socket
import threading

from app import create_app
from app.jobs.loop import Worker

TURN_SECONDS = 0.5
LEAVE_SECONDS = 3.0


def main() -> None:
    """Work until SIGTERM or Ctrl-C."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    app = create_app({"ASYNC_MODE": "threading"})
    worker = Worker(f"{socket.gethostname()[:32]}:{os.getpid()}:{secrets.token_hex(4)}")
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())

    def work() -> None:
        with app.app_context():
            while not stop.is_set():
                worker.turn()
                stop.wait(TURN_SECONDS)
            worker.leave()

    # A thread of its own, so that a signal is heard while a long recount runs; ending in its middle does no harm.
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    while thread.is_alive() and not stop.wait(TURN_SECONDS):
        pass
    thread.join(LEAVE_SECONDS)


if __name__ == "__main__":
    main()
