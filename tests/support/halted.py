"""The program whose backups stop half-way while a file is missing, served like `python wsgi.py` (see halting.py)."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import wsgi
from app.serve import serve
from app.transfer import container


def halt(go_on: Path) -> None:
    """Let each file that a backup goes through be endless until there is another file."""
    from eventlet.patcher import original

    # Not eventlet's: who pauses like this in a green thread lets nobody else be served.
    pause, blocks = original("time").sleep, container._blocks

    def waiting(file: IO[bytes]) -> Iterator[bytes]:
        yield from blocks(file)
        while not go_on.exists():
            pause(0.02)
            yield b""

    container._blocks = waiting


if __name__ == "__main__":
    halt(Path(os.environ["GO_ON"]))
    serve(wsgi.app)
