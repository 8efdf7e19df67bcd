"""The first steps of a new school, what its empty pages say, and the help of every page."""

import re
from typing import Any

import pytest
from flask import Flask

from app.domain.permissions import ROLES
from tests.browser.pages import PAGES
from tests.support.database import insert
from tests.support.people import Person, sign_in

TITLES = {
    "years": "Add the academic year and its terms",
    "classes": "Add the classes",
    "students": "Bring in the students",
    "users": "Let the others in",
    "fees": "Charge the first fees",
    "displays": "Hang up a wall display",
}
LISTS = ["/students", "/classes", "/teachers", "/promotions", "/attendance", "/fees", "/payments", "/transactions",
         "/notifications", "/desk"]  # fmt: skip


def to_do(person: Person, page: str = "/dashboard") -> list[str]:
    """The steps that are still links."""
    found = re.search(r'class="panel first-steps".*?</section>', person.get(page).text, re.S)
    return re.findall(r'<a href="[^"]+">([^<]+)</a>', found[0]) if found else []


@pytest.fixture
def head(app: Flask, raw: Any) -> Person:
    return sign_in(app, raw, "admin")


def test_each_step_is_ticked_by_what_is_there_and_the_list_goes_with_the_last_one(
    app: Flask, raw: Any, head: Person
) -> None:
    left = list(TITLES.values())
    assert to_do(head) == to_do(head, "/settings") == left

    def done(step: str) -> None:
        left.remove(TITLES[step])
        assert to_do(head) == left, step

    year = insert(raw, "academic_years", name="2026/27", starts_on="2026-09-01", ends_on="2999-08-01")
    assert to_do(head) == left, "a year without a term says nothing about fees"
    insert(raw, "terms", academic_year_id=year, name="Term 1", starts_on="2026-09-01", ends_on="2999-08-01")
    done("years")
    insert(raw, "classes", name="Blue")
    done("classes")
    student = insert(raw, "students", admission_no="S1", first_name="Asha", last_name="Mensah")
    done("students")
    sign_in(app, raw, "bursar")
    done("users")
    insert(raw, "fees", student_id=student, amount_due=100, description="Books")
    done("fees")
    display = insert(raw, "wall_displays", name="Hall")
    assert to_do(head) == left, "a display that no screen shows hangs nowhere"
    raw.execute("UPDATE wall_displays SET paired_at = '2026-01-01 00:00:00.000000' WHERE id = ?", (display,))
    assert "first-steps" not in head.get("/dashboard").text

    raw.execute("DELETE FROM fees")
    assert to_do(head) == [TITLES["fees"]], "nothing is remembered: the records say what is done"


def test_the_list_can_be_put_away_and_taken_out_again(head: Person) -> None:
    answer = head.post("/first-steps", {"shown": "off", "next": "/settings"})
    assert answer.location == "/settings"
    page = head.get("/settings").text
    assert "The first steps are put away." in page
    assert "Show the first steps again" in page
    assert to_do(head) == []
    head.post("/first-steps", {"shown": "on", "next": "https://elsewhere.example"})
    assert len(to_do(head)) == 6


@pytest.mark.parametrize("role", [role for role in ROLES if role != "admin"])
def test_others_do_not_see_steps_that_are_not_theirs(app: Flask, raw: Any, role: str) -> None:
    person = sign_in(app, raw, role)
    assert "first-steps" not in person.get("/students").text
    assert "first-steps" not in person.get("/dashboard").text
    assert person.post("/first-steps", {"shown": "off"}).status_code == 403


@pytest.mark.parametrize("role", ROLES)
def test_every_empty_list_says_what_comes_next_and_offers_only_what_the_role_may_do(
    app: Flask, raw: Any, role: str
) -> None:
    person = sign_in(app, raw, role)
    seen = 0
    for path in LISTS:
        answer = person.get(path)
        if answer.status_code == 403:
            continue
        main = answer.text[answer.text.index("<main") : answer.text.index("</main>")]
        for state in re.findall(r'<div class="empty-state">.*?</div>', main, re.S):
            seen += 1
            text = re.search(r'class="empty-text">([^<]+)<', state)
            assert text is not None and len(text[1]) > 20, f"{role} at {path}: {state}"
            for href in re.findall(r'<a [^>]*href="([^"]+)"', state):
                assert person.get(href).status_code == 200, f"{role} at {path} is sent to {href}"
    assert seen >= 5


def test_every_page_has_help_of_its_own_in_the_same_place(app: Flask, head: Person) -> None:
    texts: dict[str, str] = {}
    for endpoint, addresses in PAGES.items():
        page = addresses[0]
        if "{" in page or endpoint == "wall.show":
            continue
        html = head.get(page).text
        bar = html[html.index('<header class="topbar">') : html.index("</header>")]
        order = [bar.index(part) for part in ("data-palette-open", 'popovertarget="help"', 'href="/notifications"')]
        assert order == sorted(order), page
        body = re.search(r'<div class="help-body">(.*?)</aside>', html, re.S)
        assert body is not None, page
        first = re.search(r"<p>(.+?)</p>", body[1])
        assert first is not None and len(first[1]) > 30, page
        texts[endpoint.split(".")[0]] = first[1]
    without = [name for name, text in texts.items() if text.startswith("Figures and lists bring themselves")]
    assert without == [], "app/templates/_help/ has a text for every page"
    assert len(set(texts.values())) == len(texts)
