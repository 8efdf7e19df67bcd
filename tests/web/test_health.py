"""Health: the page for people, and the short answers for machines."""

import re
from typing import Any

import pytest
from flask import Flask

from app.services.worker import Lease
from tests.support.database import drop_trigger, value
from tests.support.people import Person, program, sign_in
from tests.support.school import School


@pytest.fixture
def admin(app: Flask, raw: Any) -> Person:
    return sign_in(app, raw, "admin")


def spoil(raw: Any) -> None:
    raw.execute("UPDATE statistics_cache SET metric_value = metric_value + 7 WHERE metric_name = 'total_enrollment'")


@pytest.mark.parametrize(
    ("role", "status"), [("principal", 200), ("bursar", 403), ("registrar", 403), ("teacher", 403)]
)
def test_who_may_look_and_who_may_act(app: Flask, raw: Any, role: str, status: int) -> None:
    person = sign_in(app, raw, role)
    assert person.get("/health").status_code == status
    for action in ("verify", "rebuild", "audit"):
        assert person.post(f"/health/{action}").status_code == 403
    assert person.get("/metrics").status_code == 403


def test_verify_tells_the_difference_and_rebuild_puts_it_right(
    admin: Person, school: School, raw: Any, check: Any
) -> None:
    admin.post("/health/verify")
    assert "Every figure equals its recount." in admin.get("/health").text
    spoil(raw)
    admin.post("/health/verify")
    page = admin.get("/health").text
    assert "1 figure differs from the recount: total_enrollment." in page
    assert "Differ from the books" in page
    admin.post("/health/rebuild")
    page = admin.get("/health").text
    assert "Every figure is set to its recount." in page
    assert "Equal to the books" in page
    check()
    logged = value(raw, "SELECT username FROM user_activity_log WHERE activity_type = 'statistics.rebuild'")
    assert logged.startswith("admin-")


def test_the_check_of_the_log_says_what_it_found(admin: Person, school: School) -> None:
    page = admin.post("/health/audit").text
    assert "The activity log is intact." in page
    assert "not sealed yet" in page


def test_machines_are_told_without_signing_in(app: Flask, raw: Any) -> None:
    client = app.test_client()
    alive = client.get("/healthz")
    assert alive.get_json() == {"status": "ok"}
    assert alive.headers["Cache-Control"] == "no-store" and alive.headers["X-Content-Type-Options"] == "nosniff"
    assert "X-Was-Away" not in alive.headers
    assert client.head("/healthz").data == b""
    assert client.get("/readyz").get_json() == {"status": "ok"}
    drop_trigger(raw, "attendance_sync")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "flask prepare" in answer.get_json()["status"]


def test_metrics_are_for_admins_and_their_programs(app: Flask, admin: Person, school: School, raw: Any) -> None:
    assert app.test_client().get("/metrics").status_code == 302
    admin.get("/users")
    text = admin.get("/metrics").text
    assert 'schoolpulse_requests_total{method="GET",route="/users",status="200"} 1.0' in text
    assert "schoolpulse_clock_version" in text
    spoil(raw)
    admin.post("/health/verify")
    assert "schoolpulse_statistics_ok 0.0" in admin.get("/metrics").text
    reader = program(app, raw)
    answer = reader.client.get("/metrics", headers={"Authorization": f"Bearer {reader.token}"})
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain")
    teacher = program(app, raw, "teacher")
    assert teacher.client.get("/metrics", headers={"Authorization": f"Bearer {teacher.token}"}).status_code == 403


def test_odd_methods_do_not_multiply_the_series(app: Flask, admin: Person) -> None:
    for number in range(3):
        app.test_client().open("/users", method=f"ODD{number}")
    text = admin.get("/metrics").text
    assert 'method="OTHER"' in text
    assert "ODD1" not in text


def test_the_last_heartbeat_is_told_in_whole_seconds(app: Flask, admin: Person) -> None:
    with app.app_context():
        lease = Lease("this one")
        assert lease.take()
        lease.release()
    told = re.search(r"Last heartbeat</dt><dd>([^<]+)<", admin.get("/health").text)
    assert told and re.fullmatch(r"\d+ s ago", told[1])
