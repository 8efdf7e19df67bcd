"""What keeps screens true: statistics and their clock, the activity log, notifications, the worker's state."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import db
from app.models.columns import CreatedAt, Key, Money, UtcDateTime, one_of, table


class Statistic(db.Model):
    """One figure; kept by triggers, never by the program."""

    __tablename__ = "statistics_cache"
    __table_args__ = (
        CheckConstraint("typeof(metric_value) = 'integer'", name="metric_value_whole").ddl_if(dialect="sqlite"),
        # Half of each page is left free, so that an update of a figure stays on its page.
        {"sqlite_with_rowid": False, "postgresql_with": {"fillfactor": 50}},
    )

    metric_name: Mapped[str] = mapped_column(String(80), primary_key=True)
    metric_value: Mapped[Money]
    unit: Mapped[str] = mapped_column(String(16), default="", server_default="")
    category: Mapped[str] = mapped_column(String(16))
    version: Mapped[int] = mapped_column(BigInteger)
    calculated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SyncClock(db.Model):
    """One row: `version` rises with every change of a statistic; another `epoch` means that versions start anew."""

    __tablename__ = "sync_clock"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    epoch: Mapped[str] = mapped_column(String(32))
    version: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")


class WriteContext(db.Model):
    """One row: who writes. `atomic()` fills and empties it inside its transaction; empty means SQL from elsewhere."""

    __tablename__ = "write_context"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    user_id: Mapped[int | None]
    username: Mapped[str | None] = mapped_column(String(64))
    ip_address: Mapped[str | None] = mapped_column(String(45))


class UserActivity(db.Model):
    """Who changed what, from what, to what. Rows are only ever added."""

    __tablename__ = "user_activity_log"
    __table_args__ = table()

    id: Mapped[Key]
    user_id: Mapped[int | None]
    username: Mapped[str] = mapped_column(String(64), default="system", server_default="system")
    activity_type: Mapped[str] = mapped_column(String(48))
    description: Mapped[str] = mapped_column(String(300), default="", server_default="")
    activity_data: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    table_name: Mapped[str | None] = mapped_column(String(48))
    record_id: Mapped[int | None]
    ip_address: Mapped[str | None] = mapped_column(String(45))
    timestamp: Mapped[CreatedAt]


class ActivitySeal(db.Model):
    """A hash over the activity rows [from_id, to_id] and the seal before: a later change of either shows."""

    __tablename__ = "activity_seals"
    __table_args__ = table(CheckConstraint("to_id >= from_id", name="range"))

    id: Mapped[Key]
    from_id: Mapped[int]
    to_id: Mapped[int] = mapped_column(unique=True)
    row_count: Mapped[int] = mapped_column(default=0, server_default="0")
    previous_hash: Mapped[str] = mapped_column(String(64), default="", server_default="")
    hash: Mapped[str] = mapped_column(String(64))
    sealed_at: Mapped[CreatedAt]
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Notification(db.Model):
    """Something people should know. `target_roles` lists roles between commas (`,bursar,principal,`)."""

    __tablename__ = "system_notifications"
    __table_args__ = table(one_of("priority", "low", "normal", "high"))

    id: Mapped[Key]
    type: Mapped[str] = mapped_column(String(32))
    title: Mapped[str] = mapped_column(String(120))
    message: Mapped[str] = mapped_column(String(300))
    priority: Mapped[str] = mapped_column(String(16), default="normal", server_default="normal")
    target_roles: Mapped[str] = mapped_column(
        String(120), default=",admin,principal,", server_default=",admin,principal,"
    )
    action_url: Mapped[str | None] = mapped_column(String(200))
    dedupe_key: Mapped[str | None] = mapped_column(String(80), index=True)
    created_at: Mapped[CreatedAt]
    cleared_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class NotificationRead(db.Model):
    __tablename__ = "notification_reads"
    __table_args__ = table(UniqueConstraint("user_id", "notification_id"))

    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    notification_id: Mapped[int] = mapped_column(ForeignKey("system_notifications.id", ondelete="CASCADE"), index=True)
    read_at: Mapped[CreatedAt]


class SyncStatus(db.Model):
    """Per table: how many rows, when last changed and verified. The row `worker` carries its heartbeat and lease."""

    __tablename__ = "sync_status"

    table_name: Mapped[str] = mapped_column(String(48), primary_key=True)
    last_change_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    row_count: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    last_verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str | None] = mapped_column(Text)
    holder: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class OutboxMessage(db.Model):
    """Mail and messages to send; the worker sends them."""

    __tablename__ = "outbox"
    __table_args__ = table()

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(32))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    last_error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[CreatedAt]
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


Index("ix_statistics_cache_version", Statistic.version).ddl_if(dialect="sqlite")
Index("ix_user_activity_log_record", UserActivity.table_name, UserActivity.record_id)
Index("ix_user_activity_log_timestamp", UserActivity.timestamp)
