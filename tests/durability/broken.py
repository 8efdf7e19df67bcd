"""The program where something fails it, served like `python wsgi.py`: `python -m tests.durability.broken full FILE`.

`full`: while there is a FILE, the disk has room for no more than the bytes that it names.
`mortal`: while there is a FILE, the process dies between a commit and everybody who would hear of it.
"""

import os
import signal
import sys
from pathlib import Path

import wsgi
from app.database import committed
from app.serve import serve
from tests.durability.room import Room
from tests.support.disk import Disk


def full(file: Path) -> None:
    # Nobody has opened the database yet; the disk stays as long as the process.
    Disk(Room(file)).__enter__()


def mortal(file: Path) -> None:
    def die(sender: object) -> None:
        if file.exists():
            file.unlink()
            os.kill(os.getpid(), signal.SIGKILL)

    committed.connect(die, weak=False)


if __name__ == "__main__":
    {"full": full, "mortal": mortal}[sys.argv[1]](Path(sys.argv[2]))
    serve(wsgi.app)
