"""What a wall display shows: which boards, how long each, and in which colours."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.errors import Invalid
from app.words import say

BOARDS = ("money", "attendance", "enrolment", "classes")
THEMES = ("dark", "light", "schedule")
SHORTEST, LONGEST = 10, 600
LIGHT_FROM, LIGHT_UNTIL = 6, 18
"""The hours of the school's clock between which the theme `schedule` is light."""


@dataclass(frozen=True)
class Show:
    """The boards in their order, the seconds that each of them stays, and the theme."""

    boards: tuple[str, ...] = BOARDS
    seconds: int = 30
    theme: str = "dark"

    @property
    def as_text(self) -> str:
        """The boards as they are kept."""
        return ",".join(self.boards)

    def colours(self, hour: int) -> str:
        """`dark` or `light` at an hour of the school's clock."""
        if self.theme != "schedule":
            return self.theme
        return "light" if LIGHT_FROM <= hour < LIGHT_UNTIL else "dark"


def check_show(boards: Iterable[str], seconds: str, theme: str) -> Show:
    """What somebody chose for a display. Raises Invalid naming the field."""
    chosen = tuple(board for board in BOARDS if board in set(boards))
    if not chosen:
        raise Invalid(say("Choose at least one board."), param="boards", code="required")
    if not (seconds.isascii() and seconds.isdigit() and SHORTEST <= int(seconds) <= LONGEST):
        raise Invalid(
            say("A board stays from {least} to {most} seconds.", least=SHORTEST, most=LONGEST), param="seconds"
        )
    if theme not in THEMES:
        raise Invalid(say("Choose dark, light, or light by day."), param="theme")
    return Show(chosen, int(seconds), theme)


def lenient_show(boards: str, seconds: str | int, theme: str, *, otherwise: Show | None = None) -> Show:
    """What an address or another program's SQL asks for; whatever is not known of it is as in `otherwise`."""
    base = otherwise or Show()
    wanted = [board.strip().lower() for board in boards.split(",")]
    chosen = tuple(dict.fromkeys(board for board in wanted if board in BOARDS))
    digits = str(seconds)
    stays = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 6 else base.seconds
    return Show(
        chosen or base.boards,
        min(max(stays, SHORTEST), LONGEST),
        theme if theme in THEMES else base.theme,
    )
