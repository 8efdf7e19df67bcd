"""A file of students comes in whole or not at all, and never twice."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from app.errors import Invalid
from app.services.student_import import ImportReport, import_students
from tests.support.database import figures, insert, refuse_rows, rows, value
from tests.support.school import School

HEADING = "admission_no,first_name,last_name,class,gender,born_on,guardian_name,guardian_phone\n"


@pytest.fixture
def office(in_app: Flask, school: School) -> School:
    return school


def take(text: str, **options: Any) -> ImportReport:
    return import_students(data=text.encode(), **options)


def told(report: ImportReport) -> list[tuple[int, str, str]]:
    return [(problem.row, problem.column, problem.message) for problem in report.problems]


def students(raw: Any) -> int:
    return int(value(raw, "SELECT count(*) FROM students"))


def test_all_columns_arrive(office: School, raw: Any, check: Any) -> None:
    year = insert(raw, "academic_years", name="Now", starts_on="2000-01-01", ends_on="2999-01-01")
    report = take(HEADING + "K1, Zoë ,Agbénu,BLUE,girl,31/05/2016,Yaa Agbénu,+233 24 555 0101\n")
    assert report.is_saved
    assert (report.rows, report.added, report.new_guardians, report.encoding) == (1, 1, 1, "UTF-8")
    (student,) = rows(raw, "SELECT * FROM students WHERE admission_no = 'K1'")
    assert (student["first_name"], student["last_name"]) == ("Zoë", "Agbénu")
    assert (student["class_id"], student["gender"], student["born_on"]) == (office.blue, "F", "2016-05-31")
    assert (student["status"], student["search_text"]) == ("active", "zoe agbenu k1")
    assert rows(raw, "SELECT student_id, academic_year_id, class_id FROM enrolments") == [
        {"student_id": student["id"], "academic_year_id": year, "class_id": office.blue}
    ]
    assert rows(
        raw,
        "SELECT s.student_id, g.full_name, g.phone FROM student_guardians s JOIN guardians g ON g.id = s.guardian_id",
    ) == [{"student_id": student["id"], "full_name": "Yaa Agbénu", "phone": "+233 24 555 0101"}]
    assert figures(raw)["total_enrollment"] == 3
    check()


def test_the_same_file_twice_adds_nobody(office: School, raw: Any) -> None:
    text = HEADING + "K1,Ama,Owusu,Blue,,,Yaa Owusu,0245550101\n,Kwame,Owusu,Gold,,2015-01-01,,\n,Abena,Owusu,,,,,\n"
    assert take(text).added == 3
    before = rows(raw, "SELECT * FROM students"), rows(raw, "SELECT * FROM guardians")
    again = take(text)
    assert (again.added, again.new_guardians, again.problems, len(again.skipped)) == (0, 0, [], 3)
    assert again.skipped[0].message == "Ama Owusu (K1) is already there."
    assert again.skipped[1].message == "Kwame Owusu is already there."
    assert (rows(raw, "SELECT * FROM students"), rows(raw, "SELECT * FROM guardians")) == before


def test_a_student_without_number_is_known_also_after_a_promotion(office: School, raw: Any) -> None:
    year = insert(raw, "academic_years", name="Now", starts_on="2000-01-01", ends_on="2999-01-01")
    text = "first_name,last_name,class\nAma,Owusu,Blue\n"
    take(text)
    student = value(raw, "SELECT max(id) FROM students")
    raw.execute("UPDATE students SET class_id = ? WHERE id = ?", (office.gold, student))
    assert value(raw, "SELECT academic_year_id FROM enrolments WHERE student_id = ?", (student,)) == year
    assert take(text).added == 0


def test_two_of_one_name_are_told_apart_by_birth_and_class(office: School) -> None:
    text = "first_name,last_name,class,born_on\nAma,Owusu,Blue,2015-01-01\nAma,Owusu,Blue,2016-01-01\nAma,Owusu,Gold,\n"
    assert take(text).added == 3
    assert take(text).added == 0


def test_repeated_rows_of_a_file_are_skipped_and_named(office: School, raw: Any) -> None:
    report = take(HEADING + "K1,Ama,Owusu,,,,,\nK1,AMA,Owusu,,,,,\n,Kojo,Addo,,,,,\n,Kojo,Addo,,,,,\n")
    assert (report.added, report.problems) == (2, [])
    assert [(skip.row, skip.message) for skip in report.skipped] == [
        (3, "AMA Owusu (K1) is already there in row 2."),
        (5, "Kojo Addo is already there in row 4."),
    ]
    assert students(raw) == 4


def test_everything_that_is_wrong_is_named_by_row_and_nothing_is_saved(office: School, raw: Any) -> None:
    report = take(
        HEADING
        + "K1,Ama,Owusu,Blue,,,,\n"
        + "S1,Somebody,Else,Blue,,,,\n"
        + "K3,=cmd|calc,Owusu,Blue,,,,\n"
        + "K4,,Owusu,Green,x,2999-01-01,,\n"
        + "K5,Esi,Owusu,Green,F,,,call me\n"
        + "K1,Other,Name,Blue,,,,\n"
        + "K7,Esi,Addo,Green,F,,,\n"
    )
    assert told(report) == [
        (3, "admission_no", "The admission number S1 belongs to Asha Mensah."),
        (4, "first_name", "The cell begins like a formula (=), which is refused."),
        (5, "first_name", "First name must be filled in."),
        (5, "gender", "Gender must be F or M."),
        (5, "born_on", told(report)[4][2]),
        (6, "guardian_phone", "Guardian phone must be a telephone number such as 024 123 4567."),
        (7, "admission_no", "The admission number K1 belongs to Ama Owusu in row 2."),
        (8, "class", "There is no class named Green."),
    ]
    assert told(report)[4][2].startswith("Date of birth cannot be in the future")
    assert (report.is_saved, report.added, report.new_classes) == (False, 0, [])
    assert students(raw) == 2


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1"])
def test_formulas_are_refused_in_every_column(office: School, raw: Any, cell: str) -> None:
    for column in ("admission_no", "first_name", "last_name", "class", "guardian_name"):
        row = {"first_name": "Ama", "last_name": "Owusu", column: cell}
        report = take(",".join(row) + "\n" + ",".join(row.values()) + "\n", create_classes=True)
        assert [(row, name) for row, name, _ in told(report)] == [(2, column)]
    assert students(raw) == 2


def test_a_dry_run_says_what_would_happen_and_changes_nothing(office: School, raw: Any) -> None:
    text = HEADING + "K1,Ama,Owusu,Green,,,Yaa Owusu,0245550101\n"
    before = rows(raw, "SELECT id FROM user_activity_log")
    tried = take(text, dry_run=True, create_classes=True)
    assert (tried.added, tried.new_classes, tried.new_guardians, tried.is_saved) == (1, ["Green"], 1, False)
    assert (students(raw), rows(raw, "SELECT id FROM user_activity_log")) == (2, before)
    done = take(text, create_classes=True)
    assert (done.added, done.new_classes, done.new_guardians, done.is_saved) == (1, ["Green"], 1, True)


def test_unknown_classes_are_created_once_when_asked(office: School, raw: Any, check: Any) -> None:
    report = take(HEADING + "K1,A,B,Green,,,,\nK2,C,D,GREEN,,,,\nK3,E,F,Basic 1,,,,\n", create_classes=True)
    assert report.new_classes == ["Green", "Basic 1"]
    green = value(raw, "SELECT id FROM classes WHERE name = 'Green'")
    assert figures(raw)[f"class_{green}_enrollment"] == 2
    check()


def test_a_closed_class_takes_nobody_from_a_file(office: School, raw: Any) -> None:
    raw.execute("UPDATE classes SET is_active = false WHERE id = ?", (office.blue,))
    assert told(take(HEADING + "K1,A,B,blue,,,,\n")) == [(2, "class", "blue is closed and takes no students.")]


def test_children_of_one_telephone_number_share_a_guardian(office: School, raw: Any) -> None:
    take(HEADING + "K1,Ama,Owusu,,,,Yaa Owusu,024 555 0101\nK2,Kofi,Owusu,,,,YAA OWUSU,+233245550101\n")
    take(HEADING + "K3,Esi,Owusu,,,,Yaa Owusu,0245550101\nK4,Jo,Addo,,,,,0205550102\n")
    assert [row["full_name"] for row in rows(raw, "SELECT full_name FROM guardians ORDER BY id")] == [
        "Yaa Owusu",
        "Guardian of Jo Addo",
    ]
    assert value(raw, "SELECT count(*) FROM student_guardians WHERE guardian_id = 1") == 3


def test_numbers_given_to_rows_without_one_leave_those_of_the_file_alone(office: School, raw: Any) -> None:
    take("admission_no,first_name,last_name\n,Ama,Owusu\nS-00001,Kofi,Addo\n,Esi,Addo\n")
    found = rows(raw, "SELECT first_name, admission_no FROM students WHERE id > 2 ORDER BY id")
    assert [tuple(row.values()) for row in found] == [("Ama", "S-00002"), ("Kofi", "S-00001"), ("Esi", "S-00003")]


@pytest.mark.parametrize(
    ("encoding", "named"), [("cp1252", "Windows-1252"), ("latin-1", "Windows-1252"), ("utf-8-sig", "UTF-8")]
)
def test_the_report_says_how_the_file_was_read(office: School, raw: Any, encoding: str, named: str) -> None:
    report = import_students(data="Surname;First name;Shoe size\nAgbénu;Zoë;31\n".encode(encoding))
    assert (report.encoding, report.delimiter, report.ignored_columns) == (named, ";", ["Shoe size"])
    assert rows(raw, "SELECT first_name, last_name FROM students WHERE id > 2") == [
        {"first_name": "Zoë", "last_name": "Agbénu"}
    ]


def test_a_row_that_the_database_refuses_takes_the_whole_file_back(office: School, raw: Any) -> None:
    refuse_rows(raw, "students", "NEW.last_name = 'Zz'", "no")
    with pytest.raises(Exception, match="no"):
        take("first_name,last_name,class\nAma,Owusu,Green\nBo,Zz,Green\n", create_classes=True)
    assert (students(raw), value(raw, "SELECT count(*) FROM classes")) == (2, 2)
    assert value(raw, "SELECT count(*) FROM counters") == 0


def test_a_file_that_is_no_table_is_refused(office: School) -> None:
    with pytest.raises(Invalid, match="The file is empty."):
        import_students(data=b"")


def test_the_command_line_imports_all_or_nothing(app: Flask, school: School, raw: Any, tmp_path: Any) -> None:
    file = tmp_path / "students.csv"
    office: FlaskCliRunner = app.test_cli_runner()
    file.write_text(HEADING + "K1,Ama,Owusu,Green,,,,\n", encoding="utf-8")
    refused = office.invoke(args=["import", "students", str(file)])
    assert refused.exit_code == 1
    assert "row 2: class: There is no class named Green." in refused.output
    tried = office.invoke(args=["import", "students", str(file), "--dry-run", "--create-classes"])
    assert (tried.exit_code, students(raw)) == (0, 2)
    assert "1 students and 0 guardians would be added, 0 skipped." in tried.output
    done = office.invoke(args=["import", "students", str(file), "--create-classes"])
    assert (done.exit_code, students(raw)) == (0, 3)
    assert (
        value(raw, "SELECT username FROM user_activity_log WHERE activity_type = 'students.import'") == "command line"
    )
    file.write_text("name\nAma\n", encoding="utf-8")
    unread = office.invoke(args=["import", "students", str(file)])
    assert unread.exit_code == 1
    assert "The file has no columns first_name and last_name." in unread.output
    file.write_bytes(b"x" * 10_000_000)
    assert "smaller than 10 MB" in office.invoke(args=["import", "students", str(file)]).output
