"""The school's own sign on its pages."""

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import db
from app.models.columns import CreatedAt


class SchoolPicture(db.Model):
    """One picture under a name made of its content; which one is shown, the setting `school_logo` says.

    `data` is Base64, so that backup, move and dump carry it as they carry every text.
    """

    __tablename__ = "school_pictures"

    name: Mapped[str] = mapped_column(String(48), primary_key=True)
    type: Mapped[str] = mapped_column(String(16))
    data: Mapped[str] = mapped_column(Text)
    created_at: Mapped[CreatedAt]
