"""The pages of students over HTTP: the list, the type-ahead, one student, guardians and the import."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from tests.support.database import insert, rows, value
from tests.support.people import Person, sign_in
from tests.support.school import School, pay

pytestmark = pytest.mark.usefixtures("same_day")

TODAY = datetime.now(UTC).date().isoformat()


@pytest.fixture
def registrar(app: Flask, raw: Any, school: School) -> Person:
    return sign_in(app, raw, "registrar")


@pytest.fixture
def bursar(app: Flask, raw: Any, school: School) -> Person:
    return sign_in(app, raw, "bursar")


def text(answer: Any) -> str:
    return str(answer.get_data(as_text=True))


def names(answer: Any) -> list[str]:
    return re.findall(r'cell-main"><a href="/students/\d+">([^<]+)</a>', text(answer))


def test_the_list_is_narrowed_by_its_address(bursar: Person, school: School, raw: Any) -> None:
    insert(raw, "students", admission_no="S9", first_name="Zoë", last_name="Left", status="withdrawn")
    assert names(bursar.get("/students")) == ["Boateng, Kofi", "Mensah, Asha"]
    assert names(bursar.get("/students?q=asha")) == ["Mensah, Asha"]
    assert names(bursar.get(f"/students?class={school.gold}")) == ["Boateng, Kofi"]
    assert names(bursar.get("/students?status=withdrawn")) == ["Left, Zoë"]
    assert names(bursar.get("/students?balance=arrears&status=any")) == ["Mensah, Asha"]
    assert names(bursar.get("/students?class=x&status=y&cursor=")) == ["Boateng, Kofi", "Left, Zoë", "Mensah, Asha"]
    assert "No student matches" in text(bursar.get("/students?q=nobody"))
    assert bursar.get("/students?cursor=nonsense").status_code == 422


def test_the_list_pages_forth_and_back(bursar: Person, raw: Any) -> None:
    for number in range(60):
        insert(raw, "students", admission_no=f"N{number}", first_name="Esi", last_name=f"Name{number:02d}")
    first = bursar.get("/students")
    assert "62 students" in text(first)
    assert len(names(first)) == 50
    following = re.search(r'rel="next" href="([^"]+)"', text(first))
    assert following
    second = bursar.get("/students" + following[1].replace("&amp;", "&"))
    assert len(names(second)) == 12
    back = re.search(r'rel="prev" href="([^"]+)"', text(second))
    assert back
    assert names(bursar.get("/students" + back[1].replace("&amp;", "&"))) == names(first)


def test_one_row_is_given_for_a_live_list(bursar: Person, school: School) -> None:
    answer = text(bursar.get(f"/students/{school.asha}/row", headers={"X-Fragment": "row"}))
    assert f'<tr data-row-id="{school.asha}">' in answer
    assert "650.00" in answer
    assert bursar.get("/students/99/row").status_code == 404


def test_the_type_ahead_says_class_number_and_what_is_owed(bursar: Person, school: School) -> None:
    answer = bursar.get("/students/search?q=men%20asha").get_json()
    assert answer == {"items": [{"id": school.asha, "label": "Asha Mensah", "note": "Blue · S1", "end": "GH₵650.00"}]}
    assert bursar.get("/students/search").get_json() == {"items": []}


def test_the_type_ahead_shows_money_only_to_who_may_see_it(registrar: Person, school: School, raw: Any) -> None:
    raw.execute("UPDATE students SET status = 'withdrawn' WHERE id = ?", (school.asha,))
    answer = registrar.get("/students/search?q=asha").get_json()
    assert answer == {"items": [{"id": school.asha, "label": "Asha Mensah", "note": "Withdrawn · Blue · S1"}]}


def test_the_page_of_a_student_tells_the_whole_account(bursar: Person, school: School, raw: Any) -> None:
    pay(raw, school.asha, 20_000, {school.tuition: 20_000})
    guardian = insert(raw, "guardians", full_name="Yaa Mensah", phone="024 555 0101")
    insert(raw, "student_guardians", student_id=school.asha, guardian_id=guardian)
    page = text(bursar.get(f"/students/{school.asha}"))
    for shown in ("GH₵450.00", "GH₵200.00", "Tuition", "Books", "T-", "Yaa Mensah", 'href="tel:0245550101"', "Blue"):
        assert shown in page
    assert f'href="/desk?student={school.asha}"' in page
    assert bursar.get("/students/99").status_code == 404


@pytest.mark.parametrize(
    ("role", "sees_money", "sees_telephone", "sees_changes"),
    [
        ("admin", True, True, True),
        ("principal", True, True, True),
        ("bursar", True, True, False),
        ("registrar", False, True, False),
        ("teacher", False, False, False),
    ],
)
def test_each_role_sees_its_part_of_a_student(
    app: Flask, raw: Any, school: School, role: str, sees_money: bool, sees_telephone: bool, sees_changes: bool
) -> None:
    guardian = insert(raw, "guardians", full_name="Yaa Mensah", phone="024 555 0101")
    insert(raw, "student_guardians", student_id=school.asha, guardian_id=guardian)
    page = text(sign_in(app, raw, role).get(f"/students/{school.asha}"))
    assert "Asha Mensah" in page
    assert ("650.00" in page) == sees_money
    assert ("024 555 0101" in page) == sees_telephone
    assert ("Changes" in page) == sees_changes


def test_a_student_is_added_and_the_next_one_goes_into_the_same_class(
    registrar: Person, school: School, raw: Any
) -> None:
    form = {"first_name": "Zoë", "last_name": "Agbénu", "class_id": school.blue, "gender": "F", "born_on": "2016-05-31"}
    answer = registrar.post("/students/new", form)
    student = value(raw, "SELECT max(id) FROM students")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/students/{student}")
    assert "Zoë Agbénu is student S-00001." in text(registrar.get(f"/students/{student}"))
    again = registrar.post("/students/new", {**form, "then": "new"})
    assert again.headers["Location"] == f"/students/new?class={school.blue}"
    assert f'<option value="{school.blue}" selected>' in text(registrar.get(again.headers["Location"]))


def test_what_was_typed_stays_and_everything_wrong_is_named(registrar: Person, raw: Any) -> None:
    form = {
        "first_name": "Ama <b>", "last_name": "Owusu", "admission_no": "S1", "class_id": "x", "born_on": "2999-01-01",
        "admitted_on": "long ago",
    }  # fmt: skip
    answer = registrar.post("/students/new", form)
    page = text(answer)
    assert answer.status_code == 422
    for sentence in (
        "The class must be a whole number.",
        "The date of birth cannot be in the future",
        "The day of admission must be a date written like 2026-11-22.",
    ):
        assert sentence in page
    assert 'value="Ama &lt;b&gt;"' in page
    assert value(raw, "SELECT count(*) FROM students") == 2
    taken = registrar.post("/students/new", {"first_name": "Ama", "last_name": "Owusu", "admission_no": "S1"})
    assert "The admission number S1 belongs to Asha Mensah." in text(taken)


def test_a_student_is_changed_and_withdraws(registrar: Person, school: School, raw: Any) -> None:
    page = text(registrar.get(f"/students/{school.asha}/edit"))
    assert 'value="Mensah"' in page
    form = {
        "first_name": "Asha",
        "last_name": "Ofori",
        "admission_no": "S1",
        "class_id": school.gold,
        "status": "withdrawn",
    }
    assert registrar.post(f"/students/{school.asha}/edit", form).status_code == 302
    (row,) = rows(raw, "SELECT last_name, class_id, status FROM students WHERE id = ?", (school.asha,))
    assert row == {"last_name": "Ofori", "class_id": school.gold, "status": "withdrawn"}
    refused = registrar.post(f"/students/{school.asha}/edit", {**form, "admission_no": "", "last_name": "Kept"})
    assert refused.status_code == 422
    assert "The admission number must be filled in." in text(refused)
    assert 'value="Kept"' in text(refused)
    assert registrar.post("/students/99/edit", form).status_code == 404


def test_guardians_come_change_and_go(registrar: Person, school: School, raw: Any) -> None:
    start = f"/students/{school.asha}/guardians"
    refused = registrar.post(f"{start}/new", {"full_name": "Yaa Mensah", "phone": "call"})
    assert (refused.status_code, "telephone number such as" in text(refused)) == (422, True)
    form = {"full_name": "Yaa Mensah", "phone": "024 555 0101", "relationship": "Mother", "pays_fees": "1"}
    assert registrar.post(f"{start}/new", form).status_code == 302
    assert registrar.post(f"/students/{school.kofi}/guardians/new", form).status_code == 302
    assert value(raw, "SELECT count(*) FROM guardians") == 1
    page = text(registrar.get(f"{start}/1"))
    assert "Kofi Boateng" in page
    assert (
        registrar.post(f"{start}/1", {**form, "phone": "", "pays_fees": None, "relationship": "Aunt"}).status_code
        == 302
    )
    assert rows(raw, "SELECT relationship_name, pays_fees FROM student_guardians ORDER BY id") == [
        {"relationship_name": "Aunt", "pays_fees": 0},
        {"relationship_name": "Mother", "pays_fees": 1},
    ]
    assert registrar.post(f"{start}/1/remove").status_code == 302
    assert value(raw, "SELECT count(*) FROM guardians") == 1
    assert registrar.post(f"/students/{school.kofi}/guardians/1/remove").status_code == 302
    assert value(raw, "SELECT count(*) FROM guardians") == 0
    assert registrar.get(f"{start}/1").status_code == 404


def upload(person: Person, data: bytes | None, **form: str) -> Any:
    # Put together here, because the test client leaves the temporary file of a large form open.
    fields = {**form, "csrf_token": person.csrf}
    parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{sent}'.encode() for name, sent in fields.items()]
    if data is not None:
        parts.append(b'Content-Disposition: form-data; name="file"; filename="students.csv"\r\n\r\n' + data)
    body = b"".join(b"--part\r\n" + part + b"\r\n" for part in parts) + b"--part--\r\n"
    return person.client.post("/students/import", data=body, content_type="multipart/form-data; boundary=part")


def test_a_file_is_checked_then_taken_over(registrar: Person, raw: Any) -> None:
    data = "Surname;First name;Class\nAgbénu;Zoë;blue\n".encode("cp1252")
    checked = upload(registrar, data, mode="check")
    assert (checked.status_code, value(raw, "SELECT count(*) FROM students")) == (200, 2)
    for shown in ("1 student would be imported.", "Windows-1252", "semicolon"):
        assert shown in text(checked)
    assert "1 student imported." in text(upload(registrar, data, mode="import"))
    assert value(raw, "SELECT first_name FROM students WHERE id = 3") == "Zoë"
    assert "Nothing new: every row is already there." in text(upload(registrar, data, mode="import"))
    assert value(raw, "SELECT count(*) FROM students") == 3


@pytest.mark.parametrize(
    ("data", "status", "sentence"),
    [
        (None, 422, "Choose a file first."),
        (b"", 422, "The file is empty."),
        (b"name\nAma\n", 422, "The file has no columns first_name and last_name."),
        (b"first_name,last_name\n=1,B\n", 422, "The cell begins like a formula"),
        (b"first_name,last_name,class\nA,B,Nowhere\n", 422, "There is no class named Nowhere."),
        (b"x" * 10_000_000, 413, "The file is too large: it must be smaller than 10 MB."),
        (b"x" * 13_000_000, 413, "The file is too large"),
    ],
)
def test_a_bad_file_is_refused_in_one_sentence(
    registrar: Person, raw: Any, data: bytes | None, status: int, sentence: str
) -> None:
    answer = upload(registrar, data, mode="import")
    assert (answer.status_code, sentence in text(answer)) == (status, True)
    assert value(raw, "SELECT count(*) FROM students") == 2


def test_the_example_file_can_be_imported_as_it_is(registrar: Person, raw: Any) -> None:
    example = registrar.get("/students/import/example.csv")
    assert example.headers["Content-Disposition"] == "attachment; filename=students.csv"
    assert "2 students imported." in text(upload(registrar, example.data, mode="import", create_classes="1"))
    assert value(raw, "SELECT count(*) FROM guardians") == 1


@pytest.mark.parametrize("role", ["principal", "bursar", "teacher"])
def test_only_who_keeps_the_records_changes_them(app: Flask, raw: Any, school: School, role: str) -> None:
    somebody = sign_in(app, raw, role)
    for path in (
        "/students/new",
        f"/students/{school.asha}/edit",
        "/students/import",
        f"/students/{school.asha}/guardians/new",
    ):
        assert somebody.get(path).status_code == 403, path
        assert somebody.post(path, {"first_name": "Ama", "last_name": "Owusu"}).status_code == 403, path
    assert "New student" not in text(somebody.get("/students"))
    assert value(raw, "SELECT count(*) FROM students") == 2


def test_an_empty_school_is_shown_what_to_do_first(app: Flask, raw: Any) -> None:
    registrar = sign_in(app, raw, "registrar")
    assert "Add them one by one" in text(registrar.get("/students"))
    assert "No class has students yet" in text(registrar.get("/attendance"))
    assert "No classes yet" in text(registrar.get("/classes"))
    assert "No teachers yet" in text(registrar.get("/teachers"))
    assert "Nobody has changed class yet" in text(registrar.get("/promotions"))
