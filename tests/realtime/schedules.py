"""Random schedules of writers, dispatchers, screens and faults; each ends with rest, and is judged there."""

import sys
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, ClassVar

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from app.domain.permissions import STATISTICS_ROOMS
from tests.realtime.network import Broken, Network, Wire
from tests.realtime.rest import SCREENS, Place, come_to_rest, exchange
from tests.realtime.writers import BY_SERVICE, BY_SQL, PEOPLE, ROLES

ALL = len(PEOPLE)
"""Instead of one screen."""

PROCESSES = range(2)
PICKS = range(12)
WORKS = (*BY_SQL, *BY_SERVICE)
ENDINGS = ("commit", "commit", "stay", "rollback")
TURNS = ((), (0,), (1,), (0, 1), (0, 1))
FATES = ("arrive", "all", "everywhere", "lose", "lose", "lose", "repeat", "overtake")
WAITS = (0.3, 1, 1, 6, 6, 12, 61, 600)

EVENTS: Mapping[str, tuple[int, Sequence[Sequence[Any]]]] = {
    "write": (16, (PROCESSES, WORKS, range(1, 51), ENDINGS, TURNS)),
    "take_a_turn": (3, (PROCESSES, (True, False))),
    "carry": (12, (PICKS, PICKS, FATES)),
    "go_on": (8, (PICKS, PROCESSES, (True, False, False))),
    "wait": (5, ((*SCREENS, ALL, ALL, ALL), WAITS)),
    "cut": (2, (PICKS,)),
    "lose_a_question": (2, (PICKS,)),
    "fail": (2, (PROCESSES, sorted(STATISTICS_ROOMS), (0, 1))),
    "restart": (1, (PROCESSES,)),
    "restore": (1, (PICKS,)),
    "back_up": (1, ()),
    "change_role": (1, (ROLES, ROLES)),
}
"""What may happen, how often, and the choices that each leaves."""


def event_of(seed: bytes) -> Sequence[Any]:
    """Drawn evenly: Hypothesis by itself would leave out about half of the rules, and write the first kind of row."""
    chance = Random(seed)
    what = chance.choices(list(EVENTS), [weight for weight, _ in EVENTS.values()])[0]
    return what, *(chance.choice(choices) for choices in EVENTS[what][1])


class Schedule(RuleBasedStateMachine):
    """Each event moves something; what no event moves stays where it is until the end."""

    place: ClassVar[Place]

    @initialize(at=st.tuples(*[st.sampled_from(PROCESSES)] * len(PEOPLE)))
    def open_the_school(self, at: Sequence[int]) -> None:
        """Everybody has a screen, which is connected and up to date."""
        place = self.place
        self.writers, self.fleet, self.done = place.writers, place.fleet, place.done
        self.writers.begin()
        self.network = Network(place.apps, place.fleet, PEOPLE, joins_late=place.without == "join before read")
        place.network = self.network
        self.fleet.order("begin", len(PEOPLE), place.without == "base chain")
        for screen in SCREENS:
            self.network.connect(screen, self.network.processes[at[screen]])
            exchange(self.network, screen)

    @rule(seed=st.binary(min_size=8, max_size=8))
    def step(self, seed: bytes) -> None:
        what, *details = event_of(seed)
        note(f"{what}{tuple(details)}")
        getattr(self, f"_{what}")(*details)

    def teardown(self) -> None:
        # What failed already, or was given up, has no end to be judged.
        if hasattr(self, "network") and sys.exc_info()[0] is None:
            come_to_rest(self.place, self.network)
            self.done.update(self.network.sent)

    def _write(self, who: int, what: str, amount: int, then: str, by: Sequence[int]) -> None:
        """Somebody writes, by SQL or with the program, and one dispatcher, both or none take a turn.

        A transaction may stay open while others come and go.
        """
        if what in BY_SERVICE:
            self.writers.serve(self.place.apps[who], what, amount)
        else:
            self.writers.write(who, what, amount, then)
            self.done[then] += 1
        self.done[what] += 1
        for process in by:
            self.network.processes[process].manager.publish()

    def _take_a_turn(self, process: int, beacon: bool) -> None:
        """A dispatcher reads and sends."""
        manager = self.network.processes[process].manager
        manager.publish()
        if beacon and self.place.without != "beacon":
            manager.beat()

    def _carry(self, pick: int, which: int, fate: str) -> None:
        """A message arrives, is lost, comes again after others, or comes before them."""
        network, wires = self.network, self._wires("down")
        if not wires:
            return
        wire = wires[pick % len(wires)]
        if fate in ("all", "everywhere"):
            for each in wires if fate == "everywhere" else (wire,):
                while each.down:
                    network.deliver(each)
        elif fate == "arrive" or not wire.figures:
            network.deliver(wire)
        else:
            move = {"lose": network.lose, "repeat": network.repeat, "overtake": network.deliver}[fate]
            move(wire, wire.figures[which % len(wire.figures)])
            self.done[fate] += 1

    def _go_on(self, pick: int, process: int, held: bool) -> None:
        """A screen opens a socket, or a server goes on with one: greets it, answers it, sends what it held back."""
        network = self.network
        alone = [screen for screen in SCREENS if screen not in network.wires]
        waiting = [wire for wire in self._wires() if not wire.is_greeted or wire.up or wire.held]
        asked = [len(PEOPLE)] if network.questions or network.pages else []
        steps = [*alone, *waiting, *asked]
        if not steps:
            return
        match steps[pick % len(steps)]:
            case Wire() as wire:
                self._go_on_with(wire, held)
            case screen if screen < ALL:
                self.done["connect"] += network.connect(screen, network.processes[process])
            case _ if network.pages:
                network.bring_page()
            case _:
                network.serve(network.processes[process])
                self.done["serve"] += 1

    def _go_on_with(self, wire: Wire, held: bool) -> None:
        if wire.held:
            self.network.tell(wire)
            return
        self.done["answer" if wire.is_greeted else "greet"] += 1
        (self.network.answer if wire.is_greeted else self.network.greet)(wire)
        if not held:
            self.network.tell(wire)

    def _wait(self, screen: int, seconds: float) -> None:
        """Time goes by before one screen, or a little of it before all; for ten minutes a machine sleeps."""
        for each in SCREENS if screen == ALL else (screen,):
            if seconds == 600:
                self.fleet.order("sleep", each, 600_000)
            self.fleet.order("pass", each, 1_000 if screen == ALL or seconds == 600 else seconds * 1_000)
        self.network.heard()

    # ---- accidents

    def _cut(self, pick: int) -> None:
        """A connection breaks."""
        if wires := self._wires():
            self.network.cut(wires[pick % len(wires)])
            self.done["cut"] += 1

    def _lose_a_question(self, pick: int) -> None:
        """What a screen asks never arrives."""
        if wires := self._wires("up"):
            self.network.lose_question(wires[pick % len(wires)])
            self.done["lost question"] += 1
        elif self.network.questions:
            self.network.lose_page()

    def _fail(self, process: int, room: str, after: int) -> None:
        """Sending fails in the middle of a room."""
        self.network.breaks_for, self.network.breaks_after = room, after
        try:
            self.network.processes[process].manager.publish()
        except Broken:
            self.done["fail"] += 1
        finally:
            self.network.breaks_for = None

    def _restart(self, process: int) -> None:
        """A process is gone, and another in its place."""
        self.network.restart(self.network.processes[process])
        self.done["restart"] += 1

    def _restore(self, pick: int) -> None:
        """The database is what it was: older rows, older versions, a new epoch."""
        self.writers.restore(pick)
        self.done["restore"] += 1

    def _back_up(self) -> None:
        self.writers.back_up()

    def _change_role(self, name: str, role: str) -> None:
        """Somebody may see more from now on, or less."""
        self.writers.change_role(name, role)
        self.done["change role"] += name != role

    def _wires(self, has: str | None = None) -> list[Wire]:
        """The sockets of which something waits, in the order of the screens."""
        found = [wire for _, wire in sorted(self.network.wires.items())]
        return [wire for wire in found if has is None or getattr(wire, has)]
