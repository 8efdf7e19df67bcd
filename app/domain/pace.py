"""How far a term has come on the way to what it should collect."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Pace:
    """Fees collected of a target, in minor units, after `elapsed` of `length` days."""

    collected: int
    target: int
    elapsed: int
    length: int

    @property
    def percent(self) -> int:
        """Of the target, as the wall tells it (js/lib/wall-tiles.js): rounded, but 100 only when it is reached."""
        if not self.target:
            return 0
        points = (max(self.collected, 0) * 200 + self.target) // (self.target * 2)
        return 99 if points == 100 and self.collected < self.target else points

    @property
    def elapsed_percent(self) -> int:
        return self.elapsed * 100 // self.length

    @property
    def expected(self) -> int:
        """What would be collected by now if every day brought the same."""
        return self.target * self.elapsed // self.length

    @property
    def ahead(self) -> int:
        """How much more than that it is; negative when it is less."""
        return self.collected - self.expected

    @property
    def missing(self) -> int:
        """What is still to be collected."""
        return max(self.target - self.collected, 0)

    @property
    def is_over(self) -> bool:
        """Whether the last day of the term has begun."""
        return self.elapsed >= self.length
