"""How many rows each table has and when it changed last, for the health page."""

from app.queries.health import changes_after, count_rows, counted_tables
from app.services.worker import note_tables


class TableWatch:
    """Counts again what the activity log says has changed since the last look; everything at the first."""

    def __init__(self) -> None:
        self._seen: int | None = None

    def look(self) -> float | None:
        """Note the tables that changed."""
        newest, changed = changes_after(self._seen or 0)
        wanted = counted_tables() if self._seen is None else [name for name in counted_tables() if name in changed]
        if wanted:
            note_tables({name: count_rows(name) for name in wanted}, changed)
        self._seen = newest
        return None
