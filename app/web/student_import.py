"""Taking students over from a file: the report first, then the import."""

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from app.domain.csvfile import TOO_LARGE, FileTooLarge
from app.domain.student_rows import COLUMNS
from app.errors import Invalid
from app.progress import Cancelled
from app.services.student_import import ImportReport, import_students
from app.web.access import requires
from app.web.language import shown

bp = Blueprint("student_import", __name__)
_SHOWN = 200
_EXAMPLE = (
    "admission_no,first_name,last_name,class,gender,born_on,guardian_name,guardian_phone\r\n"
    "A-0001,Ama,Owusu,Basic 1,F,2019-05-31,Yaa Owusu,024 555 0101\r\n"
    ",Kofi,Owusu,Basic 3,M,2017-02-14,Yaa Owusu,024 555 0101\r\n"
)


@bp.get("/students/import")
@requires("students.import")
def show() -> str:
    return _page({}, {}, None)


@bp.post("/students/import")
@requires("students.import")
def take() -> ResponseReturnValue:
    """Check the file, or with `mode=import` take it over; the same file twice adds nobody, so no redirect is needed."""
    try:
        report = import_students(
            data=_uploaded(),
            create_classes=request.form.get("create_classes") == "1",
            dry_run=request.form.get("mode") != "import",
        )
    except Invalid as refusal:
        return _page(request.form, {"file": shown(refusal.message)}, None), refusal.status
    except Cancelled as cancelled:
        return _page(request.form, {}, None, cancelled=shown(cancelled.message)), cancelled.status
    return _page(request.form, {}, report), 422 if report.problems else 200


@bp.get("/students/import/example.csv")
@requires("students.import")
def example() -> Response:
    """A small file with every column, to start from."""
    answer = Response("\ufeff" + _EXAMPLE, mimetype="text/csv")
    answer.headers["Content-Disposition"] = "attachment; filename=students.csv"
    return answer


def _uploaded() -> bytes:
    file = request.files.get("file")
    if file is None or not file.filename:
        raise Invalid("Choose a file first.", param="file", code="required")
    data = file.stream.read(TOO_LARGE)
    if len(data) >= TOO_LARGE:
        raise FileTooLarge()
    return data


def _page(values: object, errors: object, report: ImportReport | None, *, cancelled: str = "") -> str:
    return render_template(
        "students/import.html",
        values=values,
        errors=errors,
        report=report,
        cancelled=cancelled,
        columns=list(COLUMNS),
        shown=_SHOWN,
    )
