"""What sync_worker.py runs: small tasks, each a short transaction or a read, one after another."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Task:
    """Something to be done again and again.

    `run` returns the seconds until the next time, or None for `every`. `due_at` is the monotonic time of the next run.
    """

    name: str
    every: float
    run: Callable[[], float | None]
    due_at: float = field(default=0.0)
