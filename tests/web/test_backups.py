"""Backups in the browser: one is made whole or not at all, listed, and taken away by the administrator alone."""

import io
import json
import os
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from flask import Flask

from app import progress
from app.errors import DatabaseBusy
from app.progress import cancel, hold, jobs_of
from app.services import backups
from app.transfer import files
from tests.support.database import rows, set_setting, value
from tests.support.people import Person, sign_in
from tests.support.school import School

pytestmark = pytest.mark.usefixtures("postgresql_programs")
PAGE = "/settings/backups"


@pytest.fixture
def admin(app: Flask, raw: Any) -> Person:
    return sign_in(app, raw, "admin", username="ama")


@pytest.fixture
def folder(app: Flask) -> Path:
    return Path(app.instance_path) / "backups"


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every step is told and looked at."""
    monkeypatch.setattr(progress, "TELL_EVERY", 0)
    monkeypatch.setattr(progress, "REST_EVERY", 0)


def made(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.zip"))


def left(folder: Path) -> list[str]:
    """What is there besides finished backups, here and where unfinished things are."""
    here = [path.name for path in folder.iterdir() if path.suffix != ".zip" and path.name != ".making"]
    return here + [path.name for place in folder.parents[:2] for path in place.glob(".schoolpulse-*")]


def told(person: Person) -> list[dict[str, Any]]:
    jobs: list[dict[str, Any]] = person.get("/progress").get_json()["jobs"]
    return jobs


def test_a_backup_is_made_listed_and_downloaded(
    admin: Person, school: School, folder: Path, raw: Any, backend: str
) -> None:
    assert "No backup yet" in admin.get(PAGE).text
    assert admin.post(PAGE).status_code == 302
    (file,) = made(folder)
    assert (folder.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)
    assert left(folder) == []
    with ZipFile(file) as packed:
        manifest = json.loads(packed.read("manifest.json"))
    assert manifest["rows"]["students"] == value(raw, "SELECT count(*) FROM students")
    page = admin.get(PAGE).text
    assert f"The backup {file.name} is made." in page
    assert f"{sum(manifest['rows'].values()):,} rows" in page
    assert f"{'SQLite' if backend == 'sqlite' else 'PostgreSQL'}, schema {manifest['revision']}" in page
    answer = admin.get(f"{PAGE}/{file.name}")
    assert answer.data == file.read_bytes()
    assert answer.headers["Content-Disposition"] == f"attachment; filename={file.name}"
    assert (answer.headers["Cache-Control"], answer.mimetype) == ("no-store", "application/zip")
    assert rows(
        raw, "SELECT username, description FROM user_activity_log WHERE activity_type LIKE 'backup.%' ORDER BY id"
    ) == [
        {"username": "ama", "description": f"backup made: {file.name}"},
        {"username": "ama", "description": f"backup downloaded: {file.name}"},
    ]
    (job,) = told(admin)
    assert (job["state"], job["words"]) == ("done", f"The backup {file.name} is made.")


def test_what_was_made_in_the_browser_can_be_restored(
    app: Flask, admin: Person, school: School, folder: Path, raw: Any
) -> None:
    admin.post(PAGE)
    raw.execute("UPDATE students SET first_name = 'Changed' WHERE id = ?", (school.asha,))
    done = app.test_cli_runner().invoke(args=["backup", "restore", str(made(folder)[0]), "--replace"])
    assert done.exit_code == 0, done.output
    assert value(raw, "SELECT first_name FROM students WHERE id = ?", (school.asha,)) == "Asha"


@pytest.mark.parametrize("share", [0.1, 0.3, 0.6, 0.9])
def test_a_backup_that_is_cancelled_leaves_nothing_behind(
    admin: Person, school: School, folder: Path, raw: Any, at_once: None, monkeypatch: pytest.MonkeyPatch, share: float
) -> None:
    tell = progress._File.tell

    def tell_and_cancel(self: Any, done: int, total: int) -> None:
        tell(self, done, total)
        if done >= share * total:
            cancel(jobs_of(admin.user_id)[-1].id, user_id=admin.user_id)

    monkeypatch.setattr(progress._File, "tell", tell_and_cancel)
    answer = admin.post(PAGE)
    assert answer.status_code == 409
    assert "Cancelled, as you asked: nothing was changed." in answer.text
    assert "No backup yet" in answer.text
    assert (made(folder), left(folder)) == ([], [])
    assert [job["state"] for job in told(admin)] == ["cancelled"]
    assert value(raw, "SELECT count(*) FROM user_activity_log WHERE activity_type LIKE 'backup.%'") == 0
    monkeypatch.setattr(progress._File, "tell", tell)
    assert admin.post(PAGE).status_code == 302, "the next one can be made"


@pytest.mark.postgresql
def test_a_dump_that_is_cancelled_is_ended(
    admin: Person, school: School, folder: Path, at_once: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would have gone on for ever."""
    began = tmp_path / "began"
    endless = tmp_path / "programs" / "pg_dump"
    endless.parent.mkdir()
    endless.write_text(f"#!/bin/sh\necho $$ > {began}\nexec sleep 1000\n")
    endless.chmod(0o700)
    monkeypatch.setenv("PATH", f"{endless.parent}{os.pathsep}{os.environ['PATH']}")
    look = progress._File.is_cancelled

    def look_and_cancel(self: Any) -> bool:
        if began.exists() and began.read_text():
            cancel(jobs_of(admin.user_id)[-1].id, user_id=admin.user_id)
        return look(self)

    monkeypatch.setattr(progress._File, "is_cancelled", look_and_cancel)
    assert admin.post(PAGE).status_code == 409
    with pytest.raises(ProcessLookupError):
        os.kill(int(began.read_text()), 0)
    assert (made(folder), left(folder)) == ([], [])


def test_two_are_not_made_at_once(admin: Person, school: School, folder: Path) -> None:
    folder.mkdir(parents=True)
    with (folder / ".making").open("ab") as other:
        hold(other)
        answer = admin.post(PAGE)
    assert answer.status_code == 409
    assert "A backup is being made already; wait until it is ready." in answer.text
    assert made(folder) == []
    assert admin.post(PAGE).status_code == 302
    assert admin.post(PAGE).status_code == 302
    assert len(made(folder)) == 2, "in the same second, too"


def test_a_full_disk_is_told_in_a_sentence_and_leaves_nothing(
    admin: Person, school: School, folder: Path, raw: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(file: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "sync", full)
    answer = admin.post(PAGE)
    assert answer.status_code == 500
    assert "No backup was made: No space left on device." in answer.text
    assert (made(folder), left(folder)) == ([], [])
    set_setting(raw, "locale", "fr_CI")
    assert "Aucune sauvegarde n’a été faite\u00a0: il n’y a plus de place sur le disque." in admin.post(PAGE).text


@pytest.mark.postgresql
def test_a_missing_program_is_named(
    admin: Person, school: School, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    answer = admin.post(PAGE)
    assert answer.status_code == 409
    assert "pg_dump was not found: install" in answer.text
    assert (made(folder), left(folder)) == ([], [])


def test_a_folder_that_cannot_be_made_is_told_in_a_sentence(admin: Person, school: School, folder: Path) -> None:
    folder.parent.mkdir(exist_ok=True)
    folder.write_text("a file in its place")
    answer = admin.post(PAGE)
    assert answer.status_code == 500
    assert "No backup was made: File exists." in answer.text


def test_a_backup_that_cannot_be_written_down_is_none(
    admin: Person, school: School, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*arguments: object, **more: object) -> None:
        raise DatabaseBusy()

    monkeypatch.setattr(backups, "record_activity", busy)
    answer = admin.post(PAGE)
    assert answer.status_code == 503
    assert "The database is busy" in answer.text
    assert made(folder) == []
    assert [job["state"] for job in told(admin)] == ["failed"]


def packed(manifest: object) -> bytes:
    content = io.BytesIO()
    with ZipFile(content, "w") as file:
        file.writestr("manifest.json", json.dumps(manifest))
    return content.getvalue()


MANIFEST: dict[str, Any] = {
    "program": "SchoolPulse",
    "format": 1,
    "database": "sqlite",
    "revision": "0001",
    "made_at": "2026-03-02T08:30:00+00:00",
    "rows": {"students": 1200, "payments": 34},
    "wrong_figures": 2,
    "files": {"database": {"size": 1, "sha256": ""}},
}


def test_the_newest_is_first_and_what_cannot_be_read_says_so(admin: Person, folder: Path) -> None:
    folder.mkdir(parents=True)
    for name, content, at in [
        ("older.zip", packed({**MANIFEST, "made_at": "2026-03-01T08:30:00+00:00"}), 0),
        ("newer.zip", packed(MANIFEST), 0),
        ("broken.zip", b"no archive", 1_000_000_000),
        ("odd.zip", packed({**MANIFEST, "rows": ["many"], "made_at": "<now>"}), 900_000_000),
        ("worse.zip", packed({**MANIFEST, "made_at": 5}), 800_000_000),
    ]:
        (folder / name).write_bytes(content)
        os.utime(folder / name, (at, at))
    (folder / "notes.txt").write_text("no backup")
    page = admin.get(PAGE).text
    order = sorted(("newer.zip", "older.zip", "broken.zip", "odd.zip", "worse.zip"), key=page.index)
    assert order == ["newer.zip", "older.zip", "broken.zip", "odd.zip", "worse.zip"]
    assert page.count("This file cannot be read: it is damaged, or no backup of this program.") == 3
    assert "2 Mar 2026, 08:30" in page
    assert "1,234 rows" in page
    assert "2 figures differed from their recount." in page
    assert "notes.txt" not in page


def test_no_other_file_can_be_downloaded(admin: Person, folder: Path, raw: Any) -> None:
    folder.mkdir(parents=True)
    (folder / "kept.zip").write_bytes(b"content")
    (folder.parent / "outside.zip").write_bytes(b"secret")
    (folder / "link.zip").symlink_to(folder.parent / "outside.zip")
    (folder / ".schoolpulse-x.part").write_bytes(b"unfinished")
    (folder / "inner.zip").mkdir()
    outside = ("..%2Foutside.zip", "../outside.zip", "%2e%2e/outside.zip", "..%5Coutside.zip", "..")
    for name in (*outside, "link.zip", ".schoolpulse-x.part", ".making", "inner.zip", "kept.zip%00", "gone.zip"):
        answer = admin.get(f"{PAGE}/{name}")
        assert answer.status_code in (404, 308), name
        assert b"secret" not in answer.data
    assert value(raw, "SELECT count(*) FROM user_activity_log WHERE activity_type LIKE 'backup.%'") == 0
    assert admin.get(f"{PAGE}/kept.zip").data == b"content"


@pytest.mark.parametrize("role", ["principal", "bursar", "registrar", "teacher"])
def test_it_is_the_administrators_alone(app: Flask, raw: Any, folder: Path, role: str) -> None:
    folder.mkdir(parents=True)
    (folder / "kept.zip").write_bytes(b"content")
    person = sign_in(app, raw, role)
    answers = [person.get(PAGE), person.post(PAGE), person.get(f"{PAGE}/kept.zip")]
    assert [answer.status_code for answer in answers] == [403] * 3
    assert made(folder) == [folder / "kept.zip"]
    assert PAGE not in person.get("/account").text


def test_a_strangers_form_makes_none(app: Flask, admin: Person, folder: Path) -> None:
    assert admin.client.post(PAGE).status_code == 403, "without the token of a page"
    assert app.test_client().get(f"{PAGE}/kept.zip").status_code == 302
    assert not folder.exists()


def test_it_is_found_from_the_settings_and_the_search_box(admin: Person) -> None:
    page = admin.get("/settings").text
    assert f'<a class="btn btn-secondary" href="{PAGE}">' in page
    assert f'<a href="{PAGE}" data-icon="shield-check">Back up the school</a>' in page


def test_a_backup_removed_while_the_list_is_read_is_left_out(
    admin: Person, school: School, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin.post(PAGE)
    (kept,) = made(folder)
    gone = folder / "gone.zip"
    gone.write_bytes(b"")
    listed = [kept, gone]
    gone.unlink()
    monkeypatch.setattr(backups, "_files", lambda: listed)
    page = admin.get(PAGE)
    assert (page.status_code, kept.name in page.text, gone.name in page.text) == (200, True, False)
    assert admin.get(f"{PAGE}/{gone.name}").status_code == 404
