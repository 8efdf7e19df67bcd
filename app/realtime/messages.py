"""All that is ever sent to a screen. Amounts are in minor units; times are UTC in ISO form."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar

Figures = Mapping[str, tuple[int, int]]
"""Metric name -> (value, version)."""


@dataclass(frozen=True)
class Message:
    """Something to send; `name` is the event, the fields are its payload."""

    name: ClassVar[str]

    def payload(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True)
class StatsSnapshot(Message):
    """All figures that a room may see."""

    name: ClassVar[str] = "stats:snapshot"
    epoch: str
    version: int
    at: str
    metrics: Figures


@dataclass(frozen=True)
class StatsDelta(Message):
    """Figures that changed since `base`, the version of the room's message before; values are absolute."""

    name: ClassVar[str] = "stats:delta"
    epoch: str
    base: int
    version: int
    at: str
    metrics: Figures


@dataclass(frozen=True)
class StatsHead(Message):
    """Proof that the way from the database to the screen works: the last version sent to the room."""

    name: ClassVar[str] = "stats:head"
    epoch: str
    version: int
    at: str
    worker_age: float | None


@dataclass(frozen=True)
class Notify(Message):
    """A toast; a screen that has seen its id ignores it."""

    name: ClassVar[str] = "notify"
    id: int
    type: str
    title: str
    message: str
    priority: str
    at: str
    action_url: str | None


@dataclass(frozen=True)
class Changed(Message):
    """A row of a list changed; `id` is None when so many did that the list is better read again."""

    name: ClassVar[str] = "changed"
    table: str
    id: int | None
    op: str
    at: str


@dataclass(frozen=True)
class Progress(Message):
    """How far long work of a user is; `total` is 0 while nobody knows. Who sees a job for the first time, or its last
    word, asks `/progress` what it is."""

    name: ClassVar[str] = "progress"
    job: str
    done: int
    total: int
    at: str


@dataclass(frozen=True)
class Control(Message):
    """What a screen must do: load itself again, ask who it is again, or come back a little later."""

    name: ClassVar[str] = "ctl"
    reload: bool = False
    auth_changed: bool = False
    drain: Mapping[str, int] | None = None

    def payload(self) -> dict[str, Any]:
        return {key: value for key, value in super().payload().items() if value}
