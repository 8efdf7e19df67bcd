"""What a page's form needs: everything that is wrong with it, found in one go."""

from types import TracebackType

from flask import flash

from app.errors import Conflict, Invalid


class Problems(dict[str, str]):
    """Field name -> one sentence. True while anything is wrong, also when it belongs to no field."""

    elsewhere = False

    def noted(self, param: str | None = None) -> "Noting":
        """`with problems.noted(): ...` notes an Invalid or Conflict under its field, or under `param`.

        One of no field is shown above the page.
        """
        return Noting(self, param)

    def note(self, refusal: Invalid | Conflict, param: str | None) -> None:
        if field := refusal.param or param:
            self.setdefault(field, refusal.message)
        else:
            self.elsewhere = True
            flash(refusal.message, "danger")

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
        if not isinstance(error, Invalid | Conflict):
            return False
        self._problems.note(error, self._param)
        return True
