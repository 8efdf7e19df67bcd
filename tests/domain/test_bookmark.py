"""Whatever order rows become visible in, a reader with a bookmark reads each of them, once."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from app.domain.bookmark import LEAST_AGE, Bookmark


@dataclass
class Log:
    """A table whose writers draw numbers, stay open for a while, and commit or give up."""

    drawn: int = 0
    begun: int = 0
    open: dict[int, list[int]] = field(default_factory=dict)
    visible: set[int] = field(default_factory=set)

    def begin(self) -> None:
        self.begun += 1
        self.open[self.begun] = []

    def write(self, writer: int) -> None:
        self.drawn += 1
        self.open[writer].append(self.drawn)

    def end(self, writer: int, commits: bool) -> None:
        rows = self.open.pop(writer)
        self.visible.update(rows if commits else ())

    @property
    def oldest(self) -> int:
        return min(self.open, default=self.begun + 1)


def read(log: Log, bookmark: Bookmark, now: float) -> list[int]:
    rows = sorted(
        number
        for number in log.visible
        if number > bookmark.last or any(gap.first <= number <= gap.last for gap in bookmark.gaps)
    )
    bookmark.note(rows, until=log.begun + 1, now=now)
    bookmark.forget(oldest=log.oldest, now=now)
    return rows


STEPS = st.lists(
    st.tuples(st.sampled_from(["begin", "write", "write", "commit", "give up", "read"]), st.integers(0, 9))
)


@given(STEPS)
def test_every_row_is_read_once_in_whatever_order_writers_end(steps):
    log, bookmark, told = Log(), Bookmark(), []
    for moment, (step, choice) in enumerate([*steps, ("read", 0)]):
        writer = sorted(log.open)[choice % len(log.open)] if log.open else None
        if step == "begin":
            log.begin()
        elif step == "read":
            told += read(log, bookmark, moment * 2 * LEAST_AGE)
        elif writer is not None and step == "write":
            log.write(writer)
        elif writer is not None:
            log.end(writer, commits=step == "commit")
    assert sorted(told) == sorted(log.visible)
    for writer in list(log.open):
        log.end(writer, commits=True)
    told += read(log, bookmark, 1e9)
    assert sorted(told) == sorted(log.visible)
    read(log, bookmark, 2e9)
    assert bookmark.gaps == []


def test_a_reader_that_only_remembers_the_newest_number_loses_rows():
    log, last, told = Log(), 0, []
    for writer in (1, 2):
        log.begin()
        log.write(writer)
    for writer in (2, 1):
        log.end(writer, commits=True)
        told += (new := sorted(number for number in log.visible if number > last))
        last = max(new, default=last)
    assert told == [2]


def test_where_rows_become_visible_in_order_no_gap_is_kept():
    bookmark = Bookmark()
    bookmark.note([3, 9], until=None, now=0)
    assert (bookmark.last, bookmark.gaps) == (9, [])
