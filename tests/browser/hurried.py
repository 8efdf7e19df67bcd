"""A day that passes in minutes: the program with a clock that is set from outside, and the same for a page.

`python -m tests.browser.hurried FILE` is the program; its moment is the machine's plus the seconds that FILE holds. It
sends every change at once. Its sockets never miss a ping, because a minute of the page is shorter than the network's.
"""

import os
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

IN_THE_PAGE = """
(() => {
  const steady = performance.now.bind(performance);
  const RealDate = Date;
  const timers = new Map();
  let ahead = 0;
  let last = 0;
  const now = () => steady() + ahead;
  const add = (run, ms, every) => {
    timers.set((last += 1), { at: now() + Math.max(0, ms || 0), run, every });
    return last;
  };
  window.setTimeout = (run, ms, ...given) => add(() => run(...given), ms, 0);
  window.setInterval = (run, ms, ...given) => add(() => run(...given), ms, Math.max(1, ms || 0));
  window.clearTimeout = window.clearInterval = (id) => timers.delete(id);
  performance.now = now;
  window.Date = class extends RealDate {
    constructor(...given) {
      if (given.length) super(...given);
      else super(RealDate.now() + ahead);
    }
    static now() {
      return RealDate.now() + ahead;
    }
  };
  /** Let so many milliseconds pass: what is due happens at its moment and in its order. */
  window.hurry = (ms) => {
    const end = now() + ms;
    for (;;) {
      let due = null;
      for (const [id, timer] of timers) if (timer.at <= end && (!due || timer.at < due[1].at)) due = [id, timer];
      if (!due) break;
      const [id, timer] = due;
      ahead += Math.max(0, timer.at - now());
      if (timer.every) timer.at += timer.every;
      else timers.delete(id);
      timer.run();
    }
    ahead += Math.max(0, end - now());
  };
  const turn = () => {
    window.hurry(0);
    requestAnimationFrame(turn);
  };
  requestAnimationFrame(turn);
})();
"""
"""Runs before a page's own scripts; `hurry(ms)` lets its time pass. Real time passes besides."""


class Ahead:
    """How many seconds the program is ahead of the machine, in a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.seconds = 0.0

    @contextmanager
    def opened(self) -> Iterator["Ahead"]:
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT)
        try:
            self.set(self.seconds)
            yield self
        finally:
            os.close(self._file)

    def set(self, seconds: float) -> None:
        self.seconds = seconds
        os.pwrite(self._file, struct.pack("d", seconds), 0)

    def now(self, zone: tzinfo) -> datetime:
        """The program's moment."""
        return datetime.now(zone) + timedelta(seconds=self.seconds)


def main(path: str) -> None:
    import wsgi
    from app import clock
    from app.extensions import socketio
    from app.models import columns
    from app.realtime import manager
    from app.serve import serve
    from app.services import notifications

    file = os.open(path, os.O_RDONLY)

    class Hurried(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            (seconds,) = struct.unpack("d", os.pread(file, 8, 0))
            return datetime.now(tz) + timedelta(seconds=seconds)

    for module in (clock, columns, manager, notifications):
        module.datetime = Hurried  # type: ignore[attr-defined]
    manager.COALESCE = 0.0
    manager.WATCH_EVERY = 0.003
    socketio.server.eio.ping_timeout = 1_000_000  # type: ignore[attr-defined]
    serve(wsgi.app)


if __name__ == "__main__":
    main(sys.argv[1])
