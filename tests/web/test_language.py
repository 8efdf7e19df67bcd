"""A school's language: its pages, refusals and notifications. English stays to the letter what it is."""

from typing import Any

import pytest
from flask import Flask

from app.domain.bookmark import Bookmark
from app.queries.notifications import notifications_after
from app.realtime.announcements import notify_messages
from app.words import field_name, language_of, said, say, say_many
from tests.support.database import insert, rows, value
from tests.support.people import Person, program, sign_in
from tests.support.school import School

PAID = "Payment recorded and financial transaction created"


def speak(raw: Any, locale: str) -> None:
    raw.execute("DELETE FROM settings WHERE key = 'locale'")
    insert(raw, "settings", key="locale", value=locale)


@pytest.fixture
def bursar(app: Flask, raw: Any) -> Person:
    return sign_in(app, raw, "bursar")


@pytest.mark.parametrize(
    ("locale", "lang", "heading"),
    [("en_GH", "en-GH", "Cash book"), ("fr_SN", "fr-SN", "Livre de caisse"), ("de_DE", "en", "Cash book")],
)
def test_a_page_speaks_the_language_of_the_school(
    bursar: Person, raw: Any, locale: str, lang: str, heading: str
) -> None:
    speak(raw, locale)
    page = bursar.get("/transactions").text
    assert f'<html lang="{lang}">' in page
    assert f">{heading}</h1>" in page
    assert ("words-fr." in page) == (language_of(locale) == "fr")


def test_so_does_the_page_before_signing_in(app: Flask, raw: Any) -> None:
    insert(raw, "users", username="esi", role="admin")
    speak(raw, "fr_CI")
    assert "Nom d’utilisateur" in app.test_client().get("/login").text


def test_a_refusal_is_told_on_the_page_in_the_language_of_the_school(bursar: Person, raw: Any, school: School) -> None:
    speak(raw, "fr_CI")
    form = {"student_id": school.asha, "amount": "", "method": "cash", "paid_on": "tomorrow"}
    page = bursar.post("/desk", form).text
    assert "Montant\u00a0: ce champ est obligatoire." in page
    assert "Payé le\u00a0: écrivez une date comme 2026-11-22." in page
    assert "Rien n’a été enregistré. Vérifiez 2 champs." in page


def test_a_program_gets_the_code_and_the_sentence(app: Flask, raw: Any, school: School) -> None:
    office, wrong = program(app, raw), {"student_id": school.asha, "amount": 10**9}
    headers = {"Idempotency-Key": "a"}
    english = office.post("/payments", wrong, headers).get_json()["error"]
    speak(raw, "fr_CI")
    french = office.post("/payments", wrong, headers).get_json()["error"]
    assert english["message"].startswith("The amount is GH₵9,999,350.00 more than is owed; confirm")
    assert french["message"].startswith("Le montant dépasse de 9\u202f999\u202f350,00\u00a0GHS ce qui est dû\u202f;")
    assert {**english, "message": "", "request_id": ""} == {**french, "message": "", "request_id": ""}


def test_the_sentences_of_a_payment(bursar: Person, app: Flask, raw: Any, school: School) -> None:
    form = {"student_id": school.asha, "amount": "50", "method": "cash", "paid_on": ""}
    json = {"headers": {"Accept": "application/json"}}
    assert bursar.post("/desk", form, **json).get_json()["message"] == PAID
    speak(raw, "fr_CI")
    saved = bursar.post("/desk", form, **json).get_json()
    assert (saved["message"], saved["method"]) == ("Paiement enregistré et inscrit au livre de caisse", "Espèces")
    answer = program(app, raw).post(
        "/payments", {"student_id": school.asha, "amount": 100}, {"Idempotency-Key": "a-key-of-its-own"}
    )
    assert answer.get_json()["message"] == PAID, "a program reads the same word in every school"


def test_notifications_are_kept_in_the_language_of_the_school(bursar: Person, raw: Any, school: School) -> None:
    form = {"student_id": school.asha, "amount": "50", "method": "cash", "paid_on": ""}
    bursar.post("/desk", form)
    speak(raw, "fr_CI")
    bursar.post("/desk", form)
    told = rows(raw, "SELECT title, message FROM system_notifications WHERE type = 'payment' ORDER BY id")
    assert [tuple(row.values()) for row in told] == [
        ("Payment received", "GH₵50.00 received · Cash · Blue"),
        ("Paiement reçu", "50,00\u00a0GHS reçus · Espèces · Blue"),
    ]


def test_the_alert_that_the_database_writes_is_read_as_the_school_writes(
    app: Flask, bursar: Person, raw: Any, school: School
) -> None:
    insert(raw, "fees", student_id=school.asha, description="Boarding", amount_due=123_400)
    written = value(raw, "SELECT message FROM system_notifications WHERE type = 'high_arrears'")
    assert written == "Asha Mensah owes GHS 1,884.00, more than the alert threshold."
    english = "Asha Mensah owes GH₵1,884.00, more than the alert threshold."
    assert f'High arrears<span class="cell-note">{english}</span>' in bursar.get("/notifications").text
    speak(raw, "fr_CI")
    french = "Asha Mensah doit 1\u202f884,00\u00a0GHS, plus que le seuil d’alerte."
    assert f'Gros impayés<span class="cell-note">{french}</span>' in bursar.get("/notifications").text
    with app.app_context():
        toasts = [message for message, _ in notify_messages(notifications_after(Bookmark(), limit=20))]
    assert {(toast.title, toast.message) for toast in toasts if hasattr(toast, "title")} == {("Gros impayés", french)}


def test_a_name_in_a_translated_sentence_is_text_and_nothing_else(app: Flask, raw: Any) -> None:
    speak(raw, "fr_CI")
    student = insert(raw, "students", admission_no="S9", first_name="<b>Ama", last_name='"Yeboah', status="active")
    page = sign_in(app, raw, "admin").get(f"/students/{student}/edit").text
    assert "Modifier &lt;b&gt;Ama &#34;Yeboah" in page
    assert "<b>Ama" not in page


def test_a_sentence_remembers_how_it_was_made() -> None:
    sentence = say("{name} must be filled in.", name=field_name("due_on"))
    assert sentence == "Due on must be filled in."
    assert said(sentence, "fr_CI") == "Échéance\u00a0: ce champ est obligatoire."
    assert said(sentence, "en_GH") == said(sentence, "xx") == sentence
    assert said("Ama", "fr_CI") == "Ama"
    assert said("", "fr_CI") == ""


@pytest.mark.parametrize(("n", "french"), [(0, "0 chiffre"), (1, "1 chiffre"), (2, "2 chiffres")])
def test_each_language_has_its_own_plural(n: int, french: str) -> None:
    sentence = say_many(
        "{n} figure differs from the recount: {names}.", "{n} figures differ from the recount: {names}.", n, names="x"
    )
    assert sentence.startswith(f"{n} figure differs" if n == 1 else f"{n} figures differ")
    assert said(sentence, "fr_CI").startswith(f"{french} diffère")
