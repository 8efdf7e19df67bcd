"""The dashboard over HTTP: every figure leads to a page whose rows add up to it, and each stretch has its address."""

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask

from app.domain.periods import KINDS
from tests.support.database import hold_the_write_lock, insert, value
from tests.support.people import Person, sign_in
from tests.support.school import School, pay, school_fees, void

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
TILE = re.compile(
    r'<a class="stretched-link" href="([^"]+)">([^<]+)</a>.*?<output class="figure"[^>]*>([^<]+)</output>', re.S
)
CELL = re.compile(r'<a[^>]* href="(/(?:transactions|fees|students|attendance)[^"]*)">(?:<output[^>]*>)?([^<]+)<')


@pytest.fixture(autouse=True)
def on_a_known_day() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def head(app: Flask, raw: Any, school: School) -> Person:
    """The principal of a school with two terms, money of several days and a register."""
    year = insert(raw, "academic_years", name="2025/2026", starts_on="2025-09-01", ends_on="2026-09-01")
    for name, first, after, target in (
        ("Term 1", "2025-09-08", "2025-12-20", 0),
        ("Term 2", "2026-01-12", "2026-04-11", 50_000),
    ):
        row = {"name": name, "starts_on": first, "ends_on": after, "collection_target": target}
        insert(raw, "terms", academic_year_id=year, **row)
    pay(raw, school.asha, 11_100, {school.tuition: 10_000}, on="2026-01-15")
    pay(raw, school.asha, 2_000, {school.tuition: 2_000}, on="2026-03-09")
    pay(raw, school.asha, 300, {school.books: 300}, on="2026-03-10")
    void(raw, pay(raw, school.asha, 77, {school.books: 77}, on="2026-03-10"))
    chalk = insert(raw, "financial_categories", name="Chalk", type="expense")
    for day, amount in (("2025-11-03", 900), ("2026-03-02", 70), ("2026-03-10", 5)):
        given = {"category_id": chalk, "type": "expense", "amount": amount, "description": "Chalk"}
        insert(raw, "financial_transactions", transaction_date=day, payment_method="cash", **given)
    given = {"category_id": school_fees(raw), "type": "income", "amount": 450, "description": "Gift"}
    insert(raw, "financial_transactions", transaction_date="2026-03-10", payment_method="cash", **given)
    for day, student, status in (
        ("2026-03-09", school.asha, "present"),
        ("2026-03-10", school.asha, "late"),
        ("2026-03-10", school.kofi, "present"),
    ):
        insert(raw, "attendance", student_id=student, date=day, status=status, class_id=school.blue)
    raw.execute("UPDATE students SET admitted_on = '2026-03-03' WHERE id = ?", (school.kofi,))
    raw.execute("UPDATE fees SET term_id = 2 WHERE id = ?", (school.tuition,))
    insert(raw, "teachers", first_name="Grace", last_name="Annan")
    return sign_in(app, raw, "principal")


def tiles(page: str) -> dict[str, tuple[str, str]]:
    """Every tile: its name, the figure and where it leads."""
    return {name: (html.unescape(text).strip(), html.unescape(href)) for href, name, text in TILE.findall(page)}


def sums(person: Person, href: str) -> str:
    """What the page behind a figure says its rows add up to."""
    answer = person.get(href)
    assert answer.status_code == 200, href
    found = re.findall(r"data-sum(?:-words)?>([^<]*)<", answer.text)
    return html.unescape(" | ".join(found))


@pytest.mark.parametrize("kind", KINDS)
def test_every_tile_leads_to_rows_that_add_up_to_it(head: Person, kind: str) -> None:
    for on in ("", "&on=2026-03-09", "&on=2026-01-15", "&on=2025-11-03"):
        page = head.get(f"/dashboard?period={kind}{on}").text
        found = tiles(page)
        assert len(found) == 9
        for name, (text, href) in found.items():
            if text == "–":
                continue
            said = sums(head, href)
            assert re.search(rf"(^|[ |]){re.escape(text)}($|[ |])", said), (kind, on, name, text, href, said)


def test_the_tiles_of_a_stretch_are_its_own(head: Person) -> None:
    def figures(address: str) -> list[str]:
        found = tiles(head.get(address).text)
        return [found[name][0] for name in ("Collected", "Income", "Expenses", "New students")]

    assert (
        figures("/dashboard")
        == figures("/dashboard?period=day&on=2026-03-10")
        == ["GH₵3.00", "GH₵7.50", "GH₵0.05", "0"]
    )
    assert figures("/dashboard?period=week") == ["GH₵23.00", "GH₵27.50", "GH₵0.05", "0"]
    assert figures("/dashboard?period=month") == ["GH₵23.00", "GH₵27.50", "GH₵0.75", "1"]
    assert figures("/dashboard?period=term") == ["GH₵123.00", "GH₵138.50", "GH₵0.75", "1"]
    assert figures("/dashboard?period=term&on=2025-10-10") == ["GH₵0.00", "GH₵0.00", "GH₵9.00", "0"]
    assert figures("/dashboard?period=year") == ["GH₵123.00", "GH₵138.50", "GH₵9.75", "1"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_cell_of_the_tables_leads_to_rows_that_add_up_to_it(head: Person, kind: str) -> None:
    page = head.get(f"/dashboard?period={kind}").text
    cells = CELL.findall(page[page.index("data-details=") :])
    assert len(cells) > 8
    for href, text in cells:
        said = sums(head, html.unescape(href))
        assert html.unescape(text).strip() in said, (href, text, said)


def test_the_terms_compared_lead_to_their_rows(head: Person, school: School, raw: Any) -> None:
    page = head.get("/dashboard/terms").text
    cells = CELL.findall(page)
    assert len(cells) > 5
    for href, text in cells:
        if "/attendance" not in href:
            assert html.unescape(text).strip() in sums(head, html.unescape(href)), (href, text)
    assert "On day 58 of Term 2 2025/2026 GH₵123.00 is collected." in page
    assert "GH₵123.00 more than in Term 1 2025/2026 by the same day" in page
    assert head.get("/dashboard/terms?term=99").status_code == 404
    assert "Term 1 2025/2026" in head.get("/dashboard/terms?term=1").text


def test_the_switch_names_the_stretch_and_leads_around_it(head: Person) -> None:
    page = head.get("/dashboard?period=week&on=2026-02-25").text
    assert "23 Feb – 1 Mar 2026" in page.replace(" ", " ") or "23 Feb" in page
    links = dict(
        (kind, html.unescape(href))
        for href, kind in re.findall(r'class="period-kind" href="([^"]+)"[^>]*>(\w+)<', page)
    )
    assert links["Month"] == "/dashboard?period=month&on=2026-02-25", "the day stays when the kind changes"
    assert 'rel="prev" href="/dashboard?period=week&amp;on=2026-02-22"' in page
    assert 'rel="next" href="/dashboard?period=week&amp;on=2026-03-08"' in page
    assert 'href="/dashboard?period=week">Now<' in page
    today = head.get("/dashboard").text
    assert 'rel="next"' not in today
    assert ">Now<" not in today
    assert "Tuesday, 10 March 2026" in today
    assert (
        head.get("/dashboard?period=week&on=2026-03-01").text.count(
            'rel="next" href="/dashboard?period=week&amp;on=2026-03-08"'
        )
        == 1
    )
    for nonsense in ("period=century", "on=yesterday", "on=2999-01-01", "period=term&on=0001-01-01"):
        assert head.get(f"/dashboard?{nonsense}").status_code == 200
    assert "Tuesday, 10 March 2026" in head.get("/dashboard?on=2999-01-01").text


def test_a_term_shows_how_far_it_is_on_the_way_to_its_target(head: Person, raw: Any) -> None:
    page = head.get("/dashboard").text
    assert "GH₵123.00" in page and "of GH₵500.00" in page
    assert re.search(r"data-pace-percent>25 %<", page)
    assert "65 % of the term is over" in page
    assert "behind an even pace" in page
    raw.execute("UPDATE terms SET collection_target = 12300 WHERE id = 2")
    assert "The target is reached." in head.get("/dashboard").text
    raw.execute("UPDATE terms SET collection_target = 0")
    assert "The administrator can set one" in head.get("/dashboard").text
    assert "/settings/years/1" in sign_in(head.client.application, raw, "admin").get("/dashboard").text


def test_a_new_school_is_told_what_to_do(app: Flask, raw: Any) -> None:
    principal, admin = sign_in(app, raw, "principal"), sign_in(app, raw, "admin")
    for address in ("/dashboard", "/dashboard?period=term", "/dashboard?period=year", "/dashboard/terms"):
        assert principal.get(address).status_code == 200
    page = admin.get("/dashboard?period=term").text
    assert "First steps" in page and "No terms yet" in page
    for href in ("/settings/years/new", "/students/import", "/fees/new"):
        assert f'href="{href}"' in page
    hers = principal.get("/dashboard?period=term").text
    assert "What to do next" in hers and "Add classes and students" in hers
    assert "/settings/years/new" not in hers, "she may not open it"


def test_a_school_at_work_is_not_told_what_to_do(head: Person) -> None:
    assert "What to do next" not in head.get("/dashboard").text


@pytest.mark.parametrize(("role", "status"), [("admin", 200), ("bursar", 200), ("registrar", 403), ("teacher", 403)])
def test_who_sees_it(app: Flask, raw: Any, head: Person, role: str, status: int) -> None:
    person = sign_in(app, raw, role)
    assert person.get("/dashboard").status_code == person.get("/dashboard/terms").status_code == status
    assert person.post("/dashboard/news/aside").status_code == (302 if status == 200 else 403)


def test_a_live_page_is_given_the_parts_without_the_frame(head: Person) -> None:
    page = head.get("/dashboard?period=month", headers={"X-Fragment": "dashboard"}).text
    assert 'data-part="tiles"' in page and "data-period=" in page
    assert '<nav class="sidebar' not in page and "<script" not in page
    assert "data-terms-content" in head.get("/dashboard/terms", headers={"X-Fragment": "terms"}).text


# ---- while somebody was away


def news(page: str) -> str:
    found = re.search(r"data-news>(.*?)</section>", page, re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", found[1])).split()) if found else ""


def receipt(raw: Any, student: int, number: int, at: str) -> int:
    """A receipt written at a moment."""
    row = {"student_id": student, "amount": 100 * number, "method": "cash", "paid_on": "2026-03-10", "created_at": at}
    return insert(raw, "payments", receipt_no=f"N-{number}", **row)


def test_who_was_away_is_told_what_happened_until_it_is_put_aside(app: Flask, school: School, raw: Any) -> None:
    head = sign_in(app, raw, "principal")
    before, later = "2026-03-10 15:00:00.000000", "2026-03-10 17:00:00.000000"
    raw.execute("UPDATE students SET created_at = ?", (before,))
    raw.execute("UPDATE system_notifications SET created_at = ?", (before,))
    receipt(raw, school.asha, 1, before)
    voided = receipt(raw, school.asha, 2, before)
    raw.execute("UPDATE payments SET voided_at = ?, void_reason = 'twice' WHERE id = ?", (later, voided))
    with time_machine.travel(NOW, tick=False) as clock:
        assert news(head.get("/dashboard").text) == "", "a first visit has nothing before it"
        for hours in (2, 4):
            clock.move_to(NOW + timedelta(hours=hours))
            assert news(head.get("/dashboard").text) == "", "two hours are no absence"
        receipt(raw, school.asha, 30, later)
        insert(raw, "students", admission_no="S9", first_name="Yaa", last_name="Owusu", created_at=later)
        alert = {"type": "high_arrears", "title": "High arrears", "message": "Somebody owes much."}
        for cleared in (None, later):
            insert(raw, "system_notifications", **alert, created_at=later, cleared_at=cleared)
        clock.move_to(NOW + timedelta(hours=20))
        page = head.get("/dashboard").text
        told = news(page)
        assert "Since your last visit, 10 Mar 2026, 16:00" in told
        for words in ("1 payment received GH₵30.00", "1 receipt voided GH₵2.00", "1 student with high arrears",
                      "1 new student", "2 registers of today not taken"):  # fmt: skip
            assert words in told, (words, told)
        links = [html.unescape(href) for href in re.findall(r'<a href="([^"]+)"', page[page.index("data-news>") :])[:4]]
        assert sums(head, links[0]) == "GH₵30.00 | 1 receipt"
        assert sums(head, links[1]) == "GH₵2.00 | 1 receipt"
        assert sums(head, links[3]) == "1 student"
        assert news(head.get("/dashboard").text) == told, "it stays"
        assert news(sign_in(app, raw, "principal").get("/dashboard").text) == "", "it is nobody else's"
        aside = head.post("/dashboard/news/aside", {"next": "/dashboard?period=week"})
        assert aside.location == "/dashboard?period=week"
        assert news(head.get("/dashboard").text) == ""
        assert head.post("/dashboard/news/aside", {"next": "//elsewhere.example"}).location == "/"


def test_the_activity_log_does_not_follow_people_around(head: Person, raw: Any) -> None:
    before = value(raw, "SELECT count(*) FROM user_activity_log")
    head.get("/dashboard")
    assert value(raw, "SELECT dashboard_seen_at FROM users WHERE id = ?", (head.user_id,)) is not None
    assert value(raw, "SELECT count(*) FROM user_activity_log") == before


def test_a_busy_database_does_not_keep_the_dashboard(head: Person, raw: Any) -> None:
    hold_the_write_lock(raw)
    try:
        assert head.get("/dashboard").status_code == 200
    finally:
        raw.execute("ROLLBACK")
    assert value(raw, "SELECT dashboard_seen_at FROM users WHERE id = ?", (head.user_id,)) is None
