"""What must be true when nobody writes any more and everything has arrived."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Flask

from app.domain.permissions import statistics_room
from app.queries.statistics import clock, figures_since, of_room
from tests.realtime.fleet import Fleet
from tests.realtime.network import Network
from tests.realtime.writers import DAY, PEOPLE, Writers

SCREENS = range(len(PEOPLE))
ROUNDS = 30
"""Turns after which everybody must have come to rest."""
HAS_ASKED = 2_100
"""Milliseconds within which a screen that misses something asks for it."""
HAS_RETRIED = 80_000


class Stale(AssertionError):
    """A screen at rest shows something else than the database."""


@dataclass
class Place:
    """Where all schedules run, one after the other."""

    apps: Sequence[Flask]
    writers: Writers
    fleet: Fleet
    network: Network | None = None
    without: str = ""
    """What is taken out: "base chain", "beacon" or "join before read"."""
    done: Counter[str] = field(default_factory=Counter)


def come_to_rest(place: Place, network: Network) -> None:
    """All work is done and all messages arrive. A screen for which nothing was lost is right by itself, and the others
    are after one beacon. Raises Stale."""
    place.writers.end_all()
    for process in network.processes:
        process.manager.publish()
    _settle(network)
    _judge(place, network, [screen for screen in SCREENS if network.wires[screen].is_faithful])
    if place.without != "beacon":
        network.heads.clear()
        for process in network.processes:
            process.manager.beat()
        _settle(network)
        _find_their_place(network)
    _judge(place, network, SCREENS)


def exchange(network: Network, screen: int) -> bool:
    """Connect a screen if it is not, and let everything arrive that is on its way; whether there was anything."""
    wire = network.wires.get(screen)
    if wire is None:
        network.connect(screen, network.processes[screen % 2])
        return True
    moved = not wire.is_greeted
    network.greet(wire)
    while wire.up and wire.is_open:
        moved = True
        network.answer(wire)
    network.tell(wire)
    while wire.down and wire.is_open:
        moved = True
        network.deliver(wire)
    return moved


def _settle(network: Network) -> None:
    for _ in range(ROUNDS):
        moved = [*(exchange(network, screen) for screen in SCREENS), _answer_over_http(network)]
        for screen in SCREENS:
            network.fleet.order("pass", screen, HAS_ASKED if screen in network.wires else HAS_RETRIED)
        network.heard()
        if not any(moved) and not any(wire.up for wire in network.wires.values()):
            return
    raise AssertionError(f"the screens go on asking after {ROUNDS} rounds")


def _answer_over_http(network: Network) -> bool:
    moved = bool(network.questions or network.pages)
    while network.questions:
        network.serve(network.processes[0])
    while network.pages:
        network.bring_page()
    return moved


def _judge(place: Place, network: Network, judged: Sequence[int]) -> None:
    """Every figure that the role may see and no other, each with its version."""
    states = _states(network)
    with place.apps[0].app_context():
        here, figures = clock(), figures_since(-1, DAY)
    roles = place.writers.roles()
    for screen in judged:
        name = PEOPLE[screen].name
        room = statistics_room(roles[name]) if name in roles else name
        shown = states[screen]["metrics"]
        due = {figure: list(entry) for figure, entry in of_room(figures, room).items()}
        wrong = {each: (shown.get(each), due.get(each)) for each in {*shown, *due} if shown.get(each) != due.get(each)}
        if wrong:
            raise Stale(f"the {name}'s screen, with the database at {here.version} (shown, due): {wrong}")


def _find_their_place(network: Network) -> None:
    """Every screen is in the chain of the process that it is connected to, and waits for nothing."""
    for screen, state in _states(network).items():
        wire = network.wires[screen]
        head = network.heads[wire.process, wire.room]
        assert state["epoch"] == head.epoch, (PEOPLE[screen].name, state, head)
        assert state["cursor"] >= head.version, (PEOPLE[screen].name, state, head)
        assert not state["waits"], (PEOPLE[screen].name, state, head)


def _states(network: Network) -> Mapping[int, Any]:
    for screen in SCREENS:
        network.fleet.order("state", screen)
    return {screen: state for _, screen, state in network.heard()}
