"""The activity log on its page and over JSON: who changed what, from what, to what."""

from typing import Any

import pytest
from flask import Flask

from tests.support.database import insert
from tests.support.people import Person, program, sign_in
from tests.support.school import School


@pytest.fixture
def admin(app: Flask, raw: Any) -> Person:
    return sign_in(app, raw, "admin", username="ama")


@pytest.mark.parametrize(
    ("role", "status"), [("principal", 200), ("bursar", 403), ("registrar", 403), ("teacher", 403)]
)
def test_only_those_who_oversee_may_look(app: Flask, raw: Any, role: str, status: int) -> None:
    person = sign_in(app, raw, role)
    assert person.get("/activity").status_code == status
    assert person.send("GET", "/api/v1/activities").status_code == status


def test_a_change_shows_before_and_after(admin: Person, school: School) -> None:
    admin.post("/settings", {"school_name": "Red Hill"})
    admin.post("/settings", {"school_name": "Blue <Hill>"})
    page = admin.get("/activity?table=settings").text
    assert '<span class="diff-before">Red Hill</span>' in page
    assert '<span class="diff-after">Blue &lt;Hill&gt;</span>' in page
    assert "ama" in page


def test_amounts_are_shown_as_money(admin: Person, school: School, raw: Any) -> None:
    raw.execute("UPDATE fees SET amount_due = 70000 WHERE id = ?", (school.tuition,))
    page = admin.get("/activity?table=fees").text
    assert '<span class="diff-before">GH₵600.00</span>' in page
    assert '<span class="diff-after">GH₵700.00</span>' in page
    assert "system" in page, "SQL from elsewhere is the system's"


def test_moments_are_shown_in_the_schools_time(admin: Person, raw: Any) -> None:
    raw.execute("INSERT INTO settings (key, value) VALUES ('timezone', 'Africa/Lagos')")
    display = insert(raw, "wall_displays", name="Hall", pairing_hash="x")
    raw.execute("UPDATE wall_displays SET paired_at = '2026-01-22 16:26:09.094026' WHERE id = ?", (display,))
    assert '<span class="diff-after">22 Jan 2026, 17:26</span>' in admin.get("/activity?table=wall_displays").text


def test_filters_by_user_table_record_and_day(admin: Person, school: School, raw: Any) -> None:
    admin.post("/settings", {"school_name": "Red Hill"})

    def found(query: str) -> str:
        return admin.get(f"/activity?{query}").text.partition('<ol class="log">')[2]

    assert "Settings: school_name" in found("user=ama")
    assert "Students: Asha" not in found("user=ama")
    assert "Students: Asha" in found("table=students")
    assert "Students: Kofi" not in found(f"table=students&record={school.asha}")
    assert found("first=2026-01-01") != ""
    assert found("last=2020-01-01") == ""
    assert found("user=nobody") == ""


@pytest.mark.parametrize("query", ["first=tomorrow", "last=9999-12-31", "first=1999-01-01"])
def test_a_bad_day_gets_a_sentence(admin: Person, query: str) -> None:
    answer = admin.get(f"/activity?{query}")
    assert answer.status_code == 200
    assert "day" in answer.text
    assert "field-error" in answer.text


def test_odd_filters_do_no_harm(admin: Person, school: School) -> None:
    for query in ("record=" + "9" * 40, "record=x", "table=x'--", "user=%00", "cursor="):
        assert admin.get(f"/activity?{query}").status_code == 200
    assert admin.get("/activity?cursor=nonsense").status_code == 422


def test_pages_follow_one_another_with_their_filters(admin: Person, raw: Any) -> None:
    for number in range(60):
        insert(raw, "classes", name=f"Class {number:02d}")
    first = admin.get("/activity?table=classes").text
    address = first.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert "table=classes" in address
    second = admin.get(address).text
    assert "Class 59" in first
    assert "Class 09" in second
    assert "Class 00" in second
    assert "Class 59" not in second


def test_the_api_tells_the_same(app: Flask, admin: Person, school: School, raw: Any) -> None:
    raw.execute("UPDATE fees SET amount_due = 70000 WHERE id = ?", (school.tuition,))
    reader = program(app, raw)
    body = reader.get(f"/activities?table_name=fees&record_id={school.tuition}&limit=1").get_json()
    assert body["next"]
    (entry,) = body["items"]
    assert entry["activity_type"] == "fees.update"
    assert entry["before"]["amount_due"] == 60_000
    assert entry["after"]["amount_due"] == 70_000
    assert (entry["username"], entry["table_name"], entry["record_id"]) == ("system", "fees", school.tuition)
    (made,) = reader.get(f"/activities?table_name=fees&record_id={school.tuition}&cursor={body['next']}").get_json()[
        "items"
    ]
    assert (made["activity_type"], made["before"]) == ("fees.insert", None)
    assert reader.get("/activities?first=2026-13-01").status_code == 422
    assert reader.get("/activities?limit=1000").status_code == 422
