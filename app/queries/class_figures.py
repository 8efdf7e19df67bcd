"""The school's figures class by class, so that the classes together are the school."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from app.extensions import db
from app.models import SchoolClass
from app.queries.classes import natural


@dataclass(frozen=True)
class ClassFigures:
    """One class; `id` is 0 for those who are in none. Amounts in minor units."""

    id: int
    name: str
    students: int
    collected: int
    outstanding: int

    def __bool__(self) -> bool:
        return bool(self.students or self.collected or self.outstanding)


def class_figures(figures: Mapping[str, int]) -> Sequence[ClassFigures]:
    """The classes that take students, those that did and still have figures, and what belongs to no class.

    `figures` are the statistics by name, as the finance room has them.
    """

    def of(class_id: int, name: str) -> ClassFigures:
        metrics = (f"class_{class_id}_{what}" for what in ("enrollment", "fees_collected", "fees_outstanding"))
        return ClassFigures(class_id, name, *(figures.get(metric, 0) for metric in metrics))

    classes = db.session.execute(
        select(SchoolClass.id, SchoolClass.name, SchoolClass.level, SchoolClass.is_active)
    ).all()
    ordered = sorted(classes, key=lambda row: (row[2], natural(row[1])))
    rows = [row for class_id, name, _, active in ordered if (row := of(class_id, name)) or active]
    rest = ClassFigures(
        0,
        "",
        figures.get("total_enrollment", 0) - sum(row.students for row in rows),
        figures.get("total_fees_collected", 0) - sum(row.collected for row in rows),
        figures.get("total_outstanding_fees", 0) - sum(row.outstanding for row in rows),
    )
    return [*rows, rest] if rest else rows
