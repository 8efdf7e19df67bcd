"""A term of a school, told over HTTP: from the first bill to the last receipt, with the figures after each step."""

from typing import Any

import pytest
from flask import Flask

from tests.support.database import insert, value
from tests.support.people import Person, Program, program, sign_in


class Office:
    """The bursar's day through the API, and what the books say of it."""

    def __init__(self, app: Flask, raw: Any) -> None:
        self.api: Program = program(app, raw, "admin")
        self.raw = raw
        self.keys = 0

    def made(self, path: str, **body: object) -> Any:
        answer = self.api.post(path, body)
        assert answer.status_code == 201, answer.text
        return answer.get_json()

    def pay(self, student: int, amount: int, *, on: str, **more: object) -> Any:
        self.keys += 1
        body = {"student_id": student, "amount": amount, "paid_on": on, **more}
        answer = self.api.post("/payments", body, {"Idempotency-Key": f"story-{self.keys}"})
        assert answer.status_code == 201, answer.text
        return answer.get_json()["payment"]

    def fee(self, fee_id: int) -> Any:
        return self.api.get(f"/fees/{fee_id}").get_json()

    def figures(self) -> dict[str, int]:
        """What the screens show, zeros left out."""
        found = self.api.get("/stats").get_json()["metrics"]
        return {name: figure[0] for name, figure in found.items() if figure[0]}

    def booked(self, fee_id: int) -> list[tuple[str, int]]:
        items = self.api.get(f"/transactions?reference=FEE-{fee_id}").get_json()["items"]
        return [(item["transaction_date"], item["amount"]) for item in reversed(items)]


@pytest.fixture
def office(app: Flask, raw: Any) -> Office:
    return Office(app, raw)


def test_a_term_of_a_school(app: Flask, office: Office, raw: Any, check: Any) -> None:
    blue = office.made("/classes", name="Basic 4")["id"]
    ama = office.made("/students", first_name="Ama", last_name="Serwaa", class_id=blue)["id"]
    yaw = office.made("/students", first_name="Yaw", last_name="Tetteh", class_id=blue)["id"]
    assert office.figures()["total_enrollment"] == 2

    # January: both are billed, Ama pays in instalments over two months.
    tuition = {}
    for student in (ama, yaw):
        bill = {"amount_due": 120_000, "description": "Tuition", "year": 2026, "month": 1, "due_on": "2026-01-31"}
        tuition[student] = office.made("/fees", student_id=student, **bill)["fee"]["id"]
    books = office.made("/fees", student_id=ama, amount_due=15_000, description="Books", due_on="2026-02-15")["fee"][
        "id"
    ]
    figures = office.figures()
    assert (figures["total_fees_billed"], figures["total_outstanding_fees"]) == (255_000, 255_000)
    assert (figures["students_in_arrears"], figures["students_high_arrears"]) == (2, 2)
    office.pay(ama, 50_000, on="2026-01-12")
    office.pay(ama, 80_000, on="2026-02-03", method="momo", external_reference="MP1")
    assert office.booked(tuition[ama]) == [("2026-01-12", 50_000), ("2026-02-03", 70_000)]
    assert office.booked(books) == [("2026-02-03", 10_000)]
    figures = office.figures()
    assert (figures["monthly_fees_2026-01"], figures["monthly_fees_2026-02"]) == (50_000, 80_000)
    assert (figures["students_high_arrears"], figures["students_in_arrears"]) == (1, 2), "Ama's alert is over"
    check()

    # A receipt typed for the wrong child is voided while its day is open: nothing of it stays in the books.
    wrong = office.pay(yaw, 30_000, on="2026-02-03")
    voided = office.api.post(f"/payments/{wrong['id']}/void", {"reason": "was for Ama"})
    assert voided.get_json()["payment"]["voided_at"]
    assert office.booked(tuition[yaw]) == []
    check()

    # February is closed; a cheque of that day bounces later: the day stays as it was counted, today takes it back.
    cheque = office.pay(yaw, 60_000, on="2026-02-04", method="cheque", external_reference="CH9")
    insert(raw, "day_closes", closed_on="2026-02-04", method="cheque", expected=60_000, counted=60_000)
    assert office.api.post(f"/payments/{cheque['id']}/void", {"reason": "bounced"}).status_code == 200
    (first, second) = office.booked(tuition[yaw])
    assert first == ("2026-02-04", 60_000)
    assert second[1] == -60_000
    assert second[0] > "2026-02-04"
    assert office.figures()["monthly_fees_2026-02"] == 140_000, "what was counted stays counted in its month"
    assert office.fee(tuition[yaw])["amount_paid"] == 0
    check()

    # Ama's mother pays the whole year; the rest waits as credit and settles the next bill by itself.
    paid = office.pay(ama, 40_000, on="2026-03-01", allow_credit=True)
    assert paid["credit"] == 35_000
    income = office.figures()["total_income"]
    trip = office.made("/fees", student_id=ama, amount_due=20_000, description="Trip")["fee"]
    assert (trip["status"], trip["amount_paid"]) == ("paid", 20_000)
    assert office.figures()["total_income"] == income, "income is counted once"
    check()

    # The trip is called off: its share becomes credit again or leaves the books, and nothing is lost on the way.
    gone = office.api.send("DELETE", f"/fees/{trip['id']}?reason=called+off").get_json()
    assert gone["message"] == "Payment and financial records deleted"
    check()

    # Two bursars correct Yaw's bill from the same page: one is told what the other saved.
    path = f"/fees/{tuition[yaw]}"
    version = {"If-Match": str(office.fee(tuition[yaw])["version"])}
    assert office.api.send("PATCH", path, {"amount_due": 100_000}, version).status_code == 200
    lost = office.api.send("PATCH", path, {"amount_due": 110_000}, version)
    assert lost.status_code == 409
    assert lost.get_json()["error"]["current"]["amount_due"] == 100_000

    # Chalk is bought; the cash book adds up to what the screens say.
    chalk = office.made("/categories", name="Chalk", type="expense")["id"]
    spent = {"type": "expense", "category_id": chalk, "amount": 4_500, "transaction_date": "2026-03-02"}
    office.made("/transactions", **spent, description="Two boxes")
    figures = office.figures()
    book = office.api.get("/transactions?limit=200").get_json()["items"]
    for kind, name in (("income", "total_income"), ("expense", "total_expenses")):
        assert sum(row["amount"] for row in book if row["type"] == kind) == figures[name]
    fees = office.api.get("/fees?limit=200").get_json()["items"]
    live = [fee for fee in fees if fee["status"] != "cancelled"]
    assert sum(fee["amount_paid"] for fee in live) == figures["total_fees_collected"]
    assert sum(fee["arrears"] for fee in live) == figures["total_outstanding_fees"]
    for fee in fees:
        assert sum(amount for _, amount in office.booked(fee["id"])) == fee["amount_paid"]
    check()

    # The principal reads all of it and changes nothing; the class teacher sees no money at all.
    principal, teacher = sign_in(app, raw, "principal"), sign_in(app, raw, "teacher")
    for page in ("/fees", "/payments", "/transactions", f"/fees/{tuition[yaw]}", f"/receipts/{cheque['receipt_no']}"):
        assert principal.get(page).status_code == 200
        assert teacher.get(page).status_code == 403
    assert principal.post("/fees/new", {"student_id": yaw, "amount_due": "1"}).status_code == 403
    log = "SELECT count(*) FROM user_activity_log WHERE username = 'system'"
    assert value(raw, log + " AND table_name IN ('fees', 'payments', 'payment_allocations')") == 0, (
        "every change has a name"
    )


def test_a_morning_at_the_desk(app: Flask, raw: Any, school: Any, check: Any) -> None:
    """Pages only, as people without scripts would do it: two cashiers, one queue, one mistake."""
    esi, kwame = sign_in(app, raw, "bursar"), sign_in(app, raw, "bursar")

    def key(person: Person, student: int) -> str:
        page = person.get(f"/desk?student={student}").text
        return page.split('name="request_key" value="')[1].split('"')[0]

    def pay(person: Person, amount: str, **more: str) -> str:
        form = {
            "student_id": str(school.asha),
            "amount": amount,
            "method": "cash",
            "request_key": key(person, school.asha),
        }
        answer = person.post("/desk", {**form, **more})
        assert answer.status_code == 302, answer.text
        return str(answer.location).rsplit("/", 1)[1]

    receipts = [pay(esi, "100"), pay(kwame, "50.50"), pay(esi, "20", method="momo", external_reference="A1")]
    assert receipts == ["R-000001", "R-000002", "R-000003"]
    assert "R-000002" not in esi.get("/desk", headers={"X-Fragment": "table"}).text
    assert "2 receipts, GH₵120.00" in esi.get("/desk", headers={"X-Fragment": "table"}).text
    wrong = value(raw, "SELECT id FROM payments WHERE receipt_no = 'R-000002'")
    kwame.post(f"/payments/{wrong}/void", {"reason": "typed 50.50 for 5.50"})
    assert pay(kwame, "5.50") == "R-000004", "a voided number is never used again"
    assert "1 receipt, GH₵5.50" in kwame.get("/desk", headers={"X-Fragment": "table"}).text
    assert value(raw, "SELECT sum(amount) FROM financial_transactions") == 12_550
    assert value(raw, "SELECT amount_paid FROM fees WHERE id = ?", (school.tuition,)) == 12_550
    check()
