"""What was done already, for a request that arrives again."""

from sqlalchemy import ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import db
from app.models.columns import CreatedAt


class RequestKey(db.Model):
    """The key of a request and the row that it made, where the row itself has no room for a key."""

    __tablename__ = "request_keys"

    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    request_hash: Mapped[str | None] = mapped_column(String(64))
    made_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    table_name: Mapped[str] = mapped_column(String(48))
    record_id: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[CreatedAt] = mapped_column(index=True)
