"""What a school sets once: name, currency, thresholds."""

from sqlalchemy import CheckConstraint, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import db
from app.models.columns import CreatedAt


class Setting(db.Model):
    __tablename__ = "settings"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class Counter(db.Model):
    """The last number given of a kind (receipt, admission); raised in the transaction that uses it, so without gaps."""

    __tablename__ = "counters"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[int] = mapped_column(default=0, server_default="0")


class SetupLink(db.Model):
    """One row while no admin exists: the hash of the token that opens the set-up page once."""

    __tablename__ = "setup_links"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    token_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[CreatedAt]
