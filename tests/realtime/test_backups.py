"""While a backup is made in the browser, its user is told how far it is and everybody else is served."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.realtime.clients import JsClient
from tests.support import school as a_school
from tests.support.database import NewDatabase, insert, value
from tests.support.halting import halting
from tests.support.server import Answer, Server
from tests.support.ways import Way

PAGE = "/settings/backups"


@pytest.fixture
def own_server(
    request: pytest.FixtureRequest, new_database: NewDatabase, tmp_path: Path
) -> Iterator[tuple[Server, Path]]:
    """A running program whose backups stop half-way."""
    way: Way = request.param
    with new_database(way.backend, tmp_path) as database, halting(database, mode=way.mode) as (server, go_on):
        insert(server.raw, "users", username="head", role="admin")
        a_school.found(server.raw)
        yield server, go_on
        assert "Traceback" not in server.logs(), server.logs()[-6000:]


def test_others_are_served_while_a_backup_tells_its_user_how_far_it_is(own_server: tuple[Server, Path]) -> None:
    server, go_on = own_server
    _, esi = server.person("admin")
    _, kojo = server.person("admin")
    folder = server.database.folder / "instance" / "backups"
    # A second connection of her browser, with the token of a page that is open.
    mine = server.caller()
    mine.cookies = esi.cookies
    mine.csrf()
    esi.csrf()
    answers: list[Answer] = []
    hers, his = (JsClient(server, cookie=person.cookie, origin=server.url) for person in (esi, kojo))
    sending = threading.Thread(target=lambda: answers.append(esi.submit(PAGE)))
    try:
        for js in (hers, his):
            js.wait_for("stats:snapshot")
        sending.start()
        told = hers.wait_for("progress", lambda data: 0 < data["done"] < data["total"])
        hers.wait_for("progress", lambda data: told["at"] < data["at"] and data["done"] < data["total"])
        assert kojo.get("/students").status == 200
        other = kojo.submit(PAGE)
        assert (other.status, "A backup is being made already" in other.text) == (409, True)
        assert not answers, "only after the backup was anybody served"
        assert mine.submit(f"/progress/{told['job']}/cancel").status == 204
    finally:
        sending.join(60)
        for js in (hers, his):
            js.close()
    assert answers[0].status == 409
    assert "nothing was changed" in answers[0].text
    assert [file.name for file in folder.iterdir()] == [".making"]
    assert [*server.database.folder.rglob(".schoolpulse-*")] == [], "what was begun is gone"
    assert told["job"] not in {each["job"] for each in his.events("progress")}
    go_on.touch()
    assert kojo.submit(PAGE).status == 302
    (made,) = folder.glob("*.zip")
    assert kojo.get(f"{PAGE}/{made.name}").body == made.read_bytes()
    assert value(server.raw, "SELECT count(*) FROM user_activity_log WHERE activity_type LIKE 'backup.%'") == 2
