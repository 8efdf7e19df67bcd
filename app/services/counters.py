"""Numbers without gaps: raised in the transaction that uses them, so a rollback gives them back."""

from sqlalchemy import text

from app.database import atomic

# One statement: two payments that are the school's first ones would both find no row.
_RAISE = text(
    "INSERT INTO counters (name, value) VALUES (:name, :block) "
    "ON CONFLICT (name) DO UPDATE SET value = counters.value + excluded.value RETURNING value"
)


def next_number(name: str, *, block: int = 1) -> int:
    """The next number of a kind, starting with 1; the first of `block` numbers where many are needed."""
    with atomic() as session:
        return int(session.execute(_RAISE, {"name": name, "block": block}).scalar_one()) - block + 1
