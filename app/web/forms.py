"""What a page's form needs: everything that is wrong with it, found in one go."""

from types import TracebackType

from flask import flash, g

from app.errors import Conflict, Invalid, KeyReused, Unavailable
from app.web.errors import wants_json
from app.web.language import shown
from app.words import say

_SAVED_BEFORE = say(
    "This form was saved already, and changed afterwards. Look at what was saved: to save again adds another one."
)


class Problems(dict[str, str]):
    """Field name -> one sentence in the reader's language. True while anything is wrong, also of no field.

    `codes` holds the codes of the refusals that were noted.
    """

    elsewhere = False

    def __init__(self) -> None:
        super().__init__()
        self.codes: set[str] = set()

    def __setitem__(self, field: str, sentence: str) -> None:
        super().__setitem__(field, shown(sentence))

    def setdefault(self, field: str, sentence: str = "") -> str:
        if field not in self:
            self[field] = sentence
        return self[field]

    def noted(self, param: str | None = None) -> "Noting":
        """`with problems.noted(): ...` notes an Invalid or Conflict under its field, or under `param`.

        One of no field is shown above the page.
        """
        return Noting(self, param)

    def note(self, refusal: Invalid | Conflict, param: str | None) -> None:
        self.codes.add(refusal.code)
        if field := refusal.param or param:
            self.setdefault(field, refusal.message)
        else:
            self.elsewhere = True
            flash(shown(refusal.message), "danger")

    def note_saved_before(self, refusal: KeyReused) -> None:
        """The same form, saved before its answer was lost, comes with other values; saving it again is a new one."""
        self.codes.add(refusal.code)
        self.elsewhere = True
        flash(shown(_SAVED_BEFORE), "danger")

    def note_unavailable(self, refusal: Unavailable) -> None:
        """Nothing can be saved just now: the form comes back as it was typed, with the status of the refusal."""
        self.elsewhere = True
        flash(shown(refusal.message), "danger")
        g.unavailable = refusal

    def __bool__(self) -> bool:
        return self.elsewhere or len(self) > 0


class Noting:
    """A block whose refusal is noted and goes no further."""

    def __init__(self, problems: Problems, param: str | None) -> None:
        self._problems = problems
        self._param = param

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if isinstance(error, Unavailable) and not wants_json():
            self._problems.note_unavailable(error)
        elif isinstance(error, KeyReused):
            self._problems.note_saved_before(error)
        elif isinstance(error, Invalid | Conflict):
            self._problems.note(error, self._param)
        else:
            return False
        return True
