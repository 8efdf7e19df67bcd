"""What may be left on the disk when the power goes: rebuilt from the steps that a `Disk` has noted.

What was synced is there. Of everything else a disk may keep any part: each write whole, in some of its sectors of 512
bytes or not at all, in any order; and of the changes of a name in its folder, the first so many.
"""

import os
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.support.disk import Step

SECTOR = 512


@dataclass
class _File:
    """What is certainly in a file, and what was written since the last sync."""

    certain: bytearray = field(default_factory=bytearray)
    doubtful: list[Step] = field(default_factory=list)


class Platter:
    """The disk at one moment; give it the steps in order, and ask it at any of them what a power cut would leave."""

    def __init__(self, folder: Path, files: Mapping[str, bytes], chance: Random) -> None:
        """It begins with these files in a folder, all of them synced; steps elsewhere are not looked at."""
        self._folder = str(folder)
        self._chance = chance
        self._names: dict[str, _File | None] = {name: _File(bytearray(content)) for name, content in files.items()}
        # Later meanings of a name, until its folder is synced; None is "no such file".
        self._news: dict[str, list[_File | None]] = defaultdict(list)

    def take(self, step: Step) -> None:
        """Go one step on."""
        folder, name = os.path.split(step.path)
        if step.kind == "sync folder":
            if step.path == self._folder:
                self._names |= {name: meanings[-1] for name, meanings in self._news.items()}
                self._news.clear()
        elif step.kind == "mark" or folder != self._folder or name.endswith("-shm"):
            # What processes share in memory (-shm) is made anew after a cut.
            return
        elif step.kind == "create":
            self._news[name].append(_File())
        elif step.kind == "unlink":
            self._news[name].append(None)
        elif step.kind == "sync":
            self._settle(self._file(name), step.refused)
        else:
            self._file(name).doubtful.append(step)

    def left(self, keep: float) -> Mapping[str, bytes]:
        """Files by name, after a cut that leaves each unsynced step with this probability (0: none, 1: all)."""
        found: dict[str, bytes] = {}
        for name in {*self._names, *self._news}:
            meanings = [self._names.get(name), *self._news.get(name, ())]
            news = len(meanings) - 1
            file = meanings[sum(self._chance.random() < keep for _ in range(news))]
            if file is not None:
                found[name] = self._content(file, keep)
        return found

    def _file(self, name: str) -> _File:
        news = self._news.get(name)
        file = news[-1] if news else self._names[name]
        assert file is not None, f"{name} is written and does not exist"
        return file

    def _settle(self, file: _File, refused: bool) -> None:
        if refused:
            # The system forgets that these were not written: no later sync will write them.
            file.doubtful = [step for step in file.doubtful if self._chance.random() < 0.5]
            return
        for step in file.doubtful:
            _apply(file.certain, step)
        file.doubtful = []

    def _content(self, file: _File, keep: float) -> bytes:
        content = bytearray(file.certain)
        for step in file.doubtful:
            if self._chance.random() >= keep:
                if keep > 0:
                    self._grow_only(content, step)
            elif step.kind == "write" and keep < 1 and self._chance.random() < 0.25:
                _apply(content, step, lambda: self._chance.random() < 0.5)
            else:
                _apply(content, step)
        return bytes(content)

    def _grow_only(self, content: bytearray, step: Step) -> None:
        """The new length of a file may be kept without what was written there."""
        end = step.at + len(step.data)
        if step.kind == "write" and end > len(content) and self._chance.random() < 0.2:
            content.extend(self._chance.randbytes(end - len(content)))


def _apply(content: bytearray, step: Step, arrived: Callable[[], bool] | None = None) -> None:
    """Let a step happen; of a write, only the sectors that `arrived`."""
    if step.kind == "truncate":
        del content[step.at :]
        content.extend(bytes(step.at - len(content)))
        return
    end = step.at + len(step.data)
    content.extend(bytes(max(0, step.at - len(content))))
    if arrived is None:
        content[step.at : end] = step.data
        return
    first = step.at - step.at % SECTOR
    for sector in range(first, end, SECTOR):
        low, high = max(sector, step.at), min(sector + SECTOR, end)
        if arrived():
            content.extend(bytes(max(0, low - len(content))))
            content[low:high] = step.data[low - step.at : high - step.at]
