"""The command line: prepare, users, tokens, stats, audit."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from app import create_app
from app.extensions import db
from app.statistics.install import drop_derived
from tests.support.database import as_sqlalchemy, overrides, raw_connection, rows, sqlite_file, value
from tests.support.school import School


def run(app: Flask, *words: str, typed: str | None = None) -> Result:
    return app.test_cli_runner().invoke(args=list(words), input=typed)


def test_db_upgrade_migrates_an_empty_database(tmp_path: Path) -> None:
    app = create_app(overrides(sqlite_file(tmp_path / "school.db")))
    assert run(app, "db", "upgrade").exit_code == 0
    assert run(app, "stats", "verify").exit_code == 0
    with app.app_context():
        db.engine.dispose()


def test_prepare_migrates_an_empty_database_and_prints_the_link(tmp_path: Path) -> None:
    file = tmp_path / "new" / "school.db"
    app = create_app(overrides(sqlite_file(file)))
    first = run(app, "prepare")
    assert first.exit_code == 0
    assert first.output.startswith("/setup/")
    assert len(first.output.splitlines()) == 1
    second = run(app, "prepare")
    assert second.output.startswith("/setup/")
    assert second.output != first.output, "each start prints a new link"
    assert (
        run(app, "users", "create", "ama", "--role", "admin", "--password-stdin", typed="long enough\n").exit_code == 0
    )
    assert run(app, "prepare").output == ""
    raw = raw_connection(sqlite_file(file))
    assert value(raw, "SELECT count(*) FROM setup_links") == 1
    raw.close()
    with app.app_context():
        db.engine.dispose()


def test_prepare_brings_lost_triggers_back(app: Flask, school: School, raw: Any) -> None:
    with as_sqlalchemy(raw) as connection:
        drop_derived(connection)
        connection.commit()
    raw.execute("UPDATE students SET status = 'withdrawn'")
    assert app.test_client().get("/readyz").status_code == 503
    assert run(app, "prepare").exit_code == 0
    assert app.test_client().get("/readyz").status_code == 200
    assert run(app, "stats", "verify").exit_code == 0


def test_users_are_added(app: Flask, raw: Any) -> None:
    made = run(app, "users", "create", "Esi", "--role", "bursar", "--password-stdin", typed="a long phrase\n")
    assert (made.exit_code, made.output) == (0, "User esi can sign in as bursar.\n")
    assert "esi\tbursar\tactive" in run(app, "users", "list").output
    assert value(raw, "SELECT username FROM user_activity_log WHERE table_name = 'users'") == "command line"


@pytest.mark.parametrize(
    ("words", "typed", "sentence"),
    [
        (("Esi", "--role", "bursar"), "short\n", "at least 8 characters"),
        (("Esi", "--role", "bursar"), "", "at least 8 characters"),
        (("e si", "--role", "bursar"), "a long phrase\n", "no spaces"),
        (("Esi", "--role", "owner"), "a long phrase\n", "'owner' is not one of"),
    ],
)
def test_a_bad_user_is_refused_with_one_sentence(
    app: Flask, raw: Any, words: tuple[str, ...], typed: str, sentence: str
) -> None:
    result = run(app, "users", "create", *words, "--password-stdin", typed=typed)
    assert result.exit_code != 0
    assert sentence in result.output
    assert "Traceback" not in result.output
    assert value(raw, "SELECT count(*) FROM users") == 0


def test_a_token_is_printed_once_and_works_until_it_is_revoked(app: Flask, raw: Any, school: School) -> None:
    token = run(app, "tokens", "create", "books", "--role", "bursar").output.strip()
    assert token not in str(rows(raw, "SELECT * FROM api_tokens"))
    header = {"Authorization": f"Bearer {token}"}
    client = app.test_client()
    assert client.get("/api/v1/fees", headers=header).status_code == 200
    assert value(raw, "SELECT last_used_at FROM api_tokens") is not None
    assert client.get("/metrics", headers=header).status_code == 403
    assert run(app, "tokens", "list").output == "books\tbursar\tactive\n"
    assert "already a token" in run(app, "tokens", "create", "books").output
    assert run(app, "tokens", "revoke", "books").exit_code == 0
    assert client.get("/api/v1/fees", headers=header).status_code == 401
    assert run(app, "tokens", "revoke", "nothing").exit_code == 1
    assert run(app, "tokens", "list").output == "books\tbursar\trevoked\n"


def test_stats_verify_and_rebuild(app: Flask, school: School, raw: Any) -> None:
    assert run(app, "stats", "verify").output == "0 differences.\n"
    raw.execute("UPDATE statistics_cache SET metric_value = 9 WHERE metric_name = 'total_enrollment'")
    result = run(app, "stats", "verify")
    assert result.exit_code == 1
    assert "total_enrollment: kept 9, counted 2" in result.output
    assert run(app, "stats", "rebuild").exit_code == 0
    assert run(app, "stats", "verify").exit_code == 0


def test_every_figure_is_documented(app: Flask) -> None:
    text = run(app, "stats", "docs").output
    for name in ("total_enrollment", "daily_fees_{transaction_date}", "class_{class_id}_fees_outstanding"):
        assert f"`{name}`" in text


def test_audit_verify_finds_a_tampered_row(app: Flask, school: School, raw: Any) -> None:
    result = run(app, "audit", "verify")
    assert result.exit_code == 0
    assert "0 rows under 0 seals" in result.output
    assert "rows are not sealed yet" in result.output
    assert run(app, "audit", "seal").exit_code == 0
    result = run(app, "audit", "verify")
    assert result.exit_code == 0
    assert "\n0 rows are not sealed yet." in result.output
    assert "Head of the chain: " in result.output
    with as_sqlalchemy(raw) as connection:
        drop_derived(connection)
        connection.commit()
    raw.execute("UPDATE user_activity_log SET username = 'somebody' WHERE id = 1")
    result = run(app, "audit", "verify")
    assert result.exit_code == 1
    assert "tampered: seal 1 or a row from 1 to" in result.output
