"""Settings and the calendar: checked field by field, all saved or none."""

from collections.abc import Mapping
from typing import Any

import pytest
from flask import Flask

from tests.support.database import rows, value
from tests.support.people import Person, sign_in
from tests.support.school import School, alerts

FORM: Mapping[str, str] = {
    "school_name": "Blue Hill School",
    "currency": "GHS",
    "locale": "en_GH",
    "timezone": "Africa/Accra",
    "arrears_alert_threshold": "1,000.00",
    "receipt_prefix": "BH",
    "admission_prefix": "S",
    "session_idle_minutes": "30",
    "session_hours": "12",
}
YEAR: Mapping[str, str] = {
    "name": "2026/2027",
    "starts_on": "2026-09-01",
    "ends_on": "2027-08-31",
    "term_1_name": "Term 1",
    "term_1_starts_on": "2026-09-08",
    "term_1_ends_on": "2026-12-18",
    "term_3_name": "Term 3",
    "term_3_starts_on": "2027-05-04",
    "term_3_ends_on": "2027-07-31",
}


@pytest.fixture
def admin(app: Flask, raw: Any) -> Person:
    return sign_in(app, raw, "admin")


def kept(raw: Any) -> dict[str, str]:
    return dict(raw.execute("SELECT key, value FROM settings").fetchall())


@pytest.mark.parametrize("role", ["principal", "bursar", "registrar", "teacher"])
def test_only_admins_see_and_change_settings(app: Flask, raw: Any, role: str) -> None:
    person = sign_in(app, raw, role)
    for path in ("/settings", "/settings/years/new", "/settings/years/1"):
        assert person.get(path).status_code == 403
        assert person.post(path, FORM).status_code == 403


def test_settings_are_saved(admin: Person, raw: Any) -> None:
    assert admin.post("/settings", FORM).status_code == 302
    assert kept(raw) == {
        "school_name": "Blue Hill School",
        "receipt_prefix": "BH",
        "session_idle_minutes": "30",
    }, "what is as it was is not written"
    page = admin.get("/settings").text
    assert 'value="1000.00"' in page
    assert "Blue Hill School" in page


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("school_name", "", "name must be filled in"),
        ("school_name", "x" * 81, "at most 80"),
        ("currency", "BTC", "currency must be one of the list"),
        ("locale", "xx_YY_ZZ_QQ", "language must be one of the list"),
        ("timezone", "Africa/Nowhere", "time zone must be one of the list"),
        ("arrears_alert_threshold", "-5", "plain number"),
        ("arrears_alert_threshold", "0", "more than zero"),
        ("arrears_alert_threshold", "1.234", "at most 2 decimals"),
        ("receipt_prefix", "R/1", "receipt prefix must be a letter"),
        ("receipt_prefix", "", "receipt prefix must be a letter"),
        ("admission_prefix", "123456789", "admission prefix must be a letter"),
        ("session_idle_minutes", "0", "from 5 to 1440"),
        ("session_hours", "ten", "from 1 to 168"),
        ("session_hours", "٣", "from 1 to 168"),
        ("notification_days", "3", "from 7 to 3650"),
        ("activity_archive", "perhaps", "must be on or off"),
        ("activity_archive_days", "30", "from 90 to 36500"),
    ],
)
def test_a_bad_value_saves_nothing(admin: Person, raw: Any, field: str, typed: str, sentence: str) -> None:
    answer = admin.post("/settings", {**FORM, field: typed})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "Blue Hill School" in answer.text or field == "school_name", "what was typed is kept"
    assert kept(raw) == {}


def test_every_wrong_field_gets_its_own_sentence(admin: Person) -> None:
    page = admin.post("/settings", {**FORM, "school_name": "", "session_hours": "0"}).text
    assert "check 2 fields" in page


def test_another_threshold_raises_and_clears_alerts(admin: Person, school: School, raw: Any, check: Any) -> None:
    assert alerts(raw, school.asha) == []
    admin.post("/settings", {**FORM, "arrears_alert_threshold": "600"})
    assert alerts(raw, school.asha) == [True]
    admin.post("/settings", {**FORM, "arrears_alert_threshold": "700"})
    assert alerts(raw, school.asha) == [False]
    check()


def test_another_currency_renames_the_unit_of_every_figure(admin: Person, school: School, raw: Any, check: Any) -> None:
    assert value(raw, "SELECT unit FROM statistics_cache WHERE metric_name = 'total_outstanding_fees'") == "GHS"
    version = value(raw, "SELECT version FROM sync_clock")
    assert admin.post("/settings", {**FORM, "currency": "USD"}).status_code == 302
    units = raw.execute("SELECT DISTINCT unit FROM statistics_cache WHERE category = 'finance'").fetchall()
    assert ("USD",) in units
    assert ("GHS",) not in units
    assert value(raw, "SELECT version FROM sync_clock") > version, "screens hear of it"
    check()


def test_a_currency_with_other_decimals_is_refused_once_amounts_exist(admin: Person, school: School, raw: Any) -> None:
    answer = admin.post("/settings", {**FORM, "currency": "UGX", "arrears_alert_threshold": "1000"})
    assert answer.status_code == 422
    assert "other decimals" in answer.text
    assert kept(raw) == {}


def test_a_year_is_added_with_its_terms(admin: Person, raw: Any) -> None:
    assert admin.post("/settings/years/new", YEAR).status_code == 302
    assert rows(raw, "SELECT name, starts_on, ends_on FROM academic_years") == [
        {"name": "2026/2027", "starts_on": "2026-09-01", "ends_on": "2027-09-01"}
    ], "the last day belongs to the year"
    assert [row["name"] for row in rows(raw, "SELECT name FROM terms ORDER BY id")] == ["Term 1", "Term 3"]
    page = admin.get("/settings/years/1").text
    assert 'value="2027-08-31"' in page
    assert "2026/2027" in admin.get("/settings").text


def test_the_form_proposes_the_year_after_the_last_one(admin: Person) -> None:
    admin.post("/settings/years/new", {"name": "2030/2031", "starts_on": "2030-09-01", "ends_on": "2031-08-31"})
    page = admin.get("/settings/years/new").text
    assert 'value="2031/2032"' in page
    assert 'value="2031-09-01"' in page


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "must be filled in"),
        ({"starts_on": "1999-09-01"}, "cannot be before 2000"),
        ({"starts_on": "31/12/2026"}, "must be a date"),
        ({"ends_on": "2026-08-30"}, "must end after it starts"),
        ({"ends_on": "2031-08-30"}, "longer than 18 months"),
        ({"term_3_ends_on": "2027-10-01"}, "Term 3 cannot end after"),
        ({"term_3_starts_on": "2026-10-01"}, "Term 3 overlaps Term 1"),
        ({"term_3_starts_on": ""}, "must be a date"),
        ({"term_3_name": "term 1"}, "two terms named"),
    ],
)
def test_a_bad_year_is_refused(admin: Person, raw: Any, changes: dict[str, str], sentence: str) -> None:
    answer = admin.post("/settings/years/new", {**YEAR, **changes})
    assert answer.status_code == 422
    assert sentence in answer.text
    for field in changes:
        assert f'id="error-{field}"' in answer.text, "the sentence stands at the field that was typed in"
    assert value(raw, "SELECT count(*) FROM academic_years") == 0


def test_years_do_not_overlap(admin: Person, raw: Any) -> None:
    admin.post("/settings/years/new", YEAR)
    again = admin.post("/settings/years/new", {"name": "2026/2027", "starts_on": "2030-09-01", "ends_on": "2031-08-31"})
    assert again.status_code == 422
    assert "already an academic year" in again.text
    overlapping = {"name": "Other", "starts_on": "2027-08-31", "ends_on": "2028-08-30"}
    assert "overlaps 2026/2027" in admin.post("/settings/years/new", overlapping).text
    following = {**overlapping, "starts_on": "2027-09-01"}
    assert admin.post("/settings/years/new", following).status_code == 302


def test_a_year_changes_with_its_terms(admin: Person, raw: Any) -> None:
    admin.post("/settings/years/new", YEAR)
    first, third = (row["id"] for row in rows(raw, "SELECT id FROM terms ORDER BY id"))
    form = {
        **YEAR,
        "name": "Year 26",
        "term_1_id": str(first),
        "term_1_name": "",
        "term_3_id": str(third),
        "term_3_starts_on": "2027-05-05",
        "term_4_name": "Holiday school",
        "term_4_starts_on": "2027-08-01",
        "term_4_ends_on": "2027-08-20",
    }
    assert admin.post("/settings/years/1", form).status_code == 302
    assert rows(raw, "SELECT id, name, starts_on FROM terms ORDER BY id") == [
        {"id": third, "name": "Term 3", "starts_on": "2027-05-05"},
        {"id": third + 1, "name": "Holiday school", "starts_on": "2027-08-01"},
    ]
    assert value(raw, "SELECT name FROM academic_years") == "Year 26"
    assert admin.post("/settings/years/99", YEAR).status_code == 404
    assert admin.get("/settings/years/99").status_code == 404


def test_a_term_with_fees_stays(admin: Person, school: School, raw: Any) -> None:
    admin.post("/settings/years/new", YEAR)
    raw.execute("UPDATE fees SET term_id = (SELECT min(id) FROM terms) WHERE id = ?", (school.tuition,))
    answer = admin.post("/settings/years/1", {**YEAR, "term_1_name": ""})
    assert answer.status_code == 422
    assert "Term 1 has fees and cannot be removed" in answer.text
    assert value(raw, "SELECT count(*) FROM terms") == 2


def targets(raw: Any) -> list[int]:
    return [row["collection_target"] for row in rows(raw, "SELECT collection_target FROM terms ORDER BY id")]


def test_a_term_has_a_target_that_can_be_set_changed_and_taken_away(admin: Person, raw: Any) -> None:
    assert admin.post("/settings/years/new", {**YEAR, "term_1_target": "120,000.50"}).status_code == 302
    assert targets(raw) == [12_000_050, 0]
    ids = {f"term_{number}_id": str(row) for number, row in ((1, 1), (3, 2))}
    page = admin.get("/settings/years/1").text
    assert 'value="120000.50"' in page
    assert "GH₵120,000.50" in admin.get("/settings").text
    admin.post("/settings/years/1", {**YEAR, **ids})
    assert targets(raw) == [12_000_050, 0], "a form that says nothing about it leaves it"
    admin.post("/settings/years/1", {**YEAR, **ids, "term_1_target": "", "term_3_target": "5000"})
    assert targets(raw) == [0, 500_000]


@pytest.mark.parametrize("typed", ["-5", "much", "1e9", "1.234"])
def test_a_bad_target_is_refused_at_its_field(admin: Person, raw: Any, typed: str) -> None:
    answer = admin.post("/settings/years/new", {**YEAR, "term_3_target": typed})
    assert answer.status_code == 422
    assert 'id="error-term_3_target"' in answer.text
    assert f'value="{typed}"' in answer.text
    assert value(raw, "SELECT count(*) FROM terms") == 0
