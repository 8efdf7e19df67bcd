"""While the program works long for somebody, he is told how far it is and everybody else is served."""

import threading
from collections.abc import Callable

from tests.realtime.clients import JsClient
from tests.support.database import slow_rows, value
from tests.support.school import School
from tests.support.server import Answer, Server

Start = Callable[..., JsClient]
ROWS = 4000
KIND = "multipart/form-data; boundary=part"


def upload(csrf: str) -> bytes:
    """A form with a file of students."""
    lines = b"first_name,last_name,class\n" + b"".join(b"Ama,Slow %d,Blue\n" % n for n in range(ROWS))
    parts = [
        b'Content-Disposition: form-data; name="csrf_token"\r\n\r\n' + csrf.encode(),
        b'Content-Disposition: form-data; name="mode"\r\n\r\nimport',
        b'Content-Disposition: form-data; name="file"; filename="students.csv"\r\n\r\n' + lines,
    ]
    return b"".join(b"--part\r\n" + part + b"\r\n" for part in parts) + b"--part--\r\n"


def test_others_are_served_while_an_import_tells_its_user_how_far_it_is(
    server: Server, live_school: School, client: Start
) -> None:
    _, esi = server.person("registrar")
    _, kojo = server.person("registrar")
    hers, his = (client(cookie=person.cookie, origin=server.url) for person in (esi, kojo))
    # A second connection of her browser, with the token of a page that is open.
    mine = server.caller()
    mine.cookies = esi.cookies
    mine.csrf()
    for js in (hers, his):
        js.wait_for("stats:snapshot")
    before = value(server.raw, "SELECT count(*) FROM students")
    answers: list[Answer] = []
    body, headers = upload(esi.csrf()), {"Content-Type": KIND, "Origin": server.url}

    def send() -> None:
        answers.append(esi.request("POST", "/students/import", body, headers, timeout=60))

    with slow_rows(server.raw, "students", 0.002):
        sending = threading.Thread(target=send)
        sending.start()
        try:
            told = hers.wait_for("progress", lambda data: 0 < data["done"] < data["total"])
            assert set(told) == {"job", "done", "total", "at"}
            later = hers.wait_for("progress", lambda data: told["done"] < data["done"] < data["total"])
            assert (later["job"], kojo.get("/students").status) == (told["job"], 200)
            assert not answers, "only after the import was anybody served"
            assert mine.submit(f"/progress/{told['job']}/cancel").status == 204
        finally:
            sending.join(60)
    assert answers[0].status == 409
    assert "nothing was changed" in answers[0].text
    assert value(server.raw, "SELECT count(*) FROM students") == before
    assert his.events("progress") == []
