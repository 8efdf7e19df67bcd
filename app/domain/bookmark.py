"""A place in a log whose rows are numbered when they are written, but may become visible in another order."""

from collections.abc import Iterable
from dataclasses import dataclass, field

LEAST_AGE = 5.0
"""Seconds a gap is kept at least: a number is drawn a moment before its transaction shows."""


@dataclass(frozen=True)
class Gap:
    """Numbers that were missing when later ones were read; a transaction before `until` may still fill them."""

    first: int
    last: int
    until: int
    since: float


@dataclass
class Bookmark:
    """How far a log was read: everything up to `last` but what lies in `gaps`."""

    last: int = 0
    gaps: list[Gap] = field(default_factory=list)

    def note(self, ids: Iterable[int], *, until: int | None, now: float) -> None:
        """Rows that were read, in ascending order; `until` is None where rows become visible in order."""
        for number in ids:
            if number <= self.last:
                self._fill(number)
                continue
            if until is not None and number > self.last + 1:
                self.gaps.append(Gap(self.last + 1, number - 1, until, now))
            self.last = number

    def forget(self, *, oldest: int, now: float) -> None:
        """Give up the gaps that nobody can fill: every transaction before `oldest` has ended, and was seen."""
        self.gaps = [gap for gap in self.gaps if gap.until > oldest or now - gap.since < LEAST_AGE]

    def _fill(self, number: int) -> None:
        left: list[Gap] = []
        for gap in self.gaps:
            if not gap.first <= number <= gap.last:
                left.append(gap)
                continue
            if gap.first < number:
                left.append(Gap(gap.first, number - 1, gap.until, gap.since))
            if number < gap.last:
                left.append(Gap(number + 1, gap.last, gap.until, gap.since))
        self.gaps = left
