"""Numbers without gaps: raised in the transaction that uses them, so a rollback gives them back."""

from sqlalchemy import update

from app.database import atomic
from app.models import Counter


def next_number(name: str, *, block: int = 1) -> int:
    """The next number of a kind, starting with 1; the first of `block` numbers where many are needed."""
    with atomic() as session:
        raised = session.scalar(
            update(Counter).where(Counter.name == name).values(value=Counter.value + block).returning(Counter.value),
            execution_options={"synchronize_session": False},
        )
        if raised is None:
            session.add(Counter(name=name, value=block))
            session.flush()
            return 1
        return int(raised) - block + 1
