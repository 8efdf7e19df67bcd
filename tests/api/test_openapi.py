"""The description of the API holds what the API does."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from tests.support.people import Program, program
from tests.support.school import School

ODD = [None, True, -1, 1.5, 10**20, "", "\ud800", "a\x00b", "x" * 500, [1], {"a": 1}]


@pytest.fixture
def document(app: Flask) -> dict[str, Any]:
    answer = app.test_client().get("/api/v1/openapi.json")
    assert answer.status_code == 200
    return dict(answer.get_json())


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_every_route_is_described(app: Flask, document: dict[str, Any]) -> None:
    routes = {
        (re.sub("<(?:[a-z]+:)?([a-z_]+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert {(path, method) for path, method, _ in operations(document)} == routes
    for path, method, operation in operations(document):
        assert operation["summary"].endswith("."), f"{method} {path} says nothing about itself"
        named = {found["name"] for found in operation.get("parameters", []) if found["in"] == "path"}
        assert named == set(re.findall("{(.+?)}", path))


def test_what_it_refers_to_exists_and_names_are_unique(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    assert set(re.findall(r'"#/components/schemas/(\w+)"', text)) <= set(document["components"]["schemas"])
    names = [operation["operationId"] for *_, operation in operations(document)]
    assert len(names) == len(set(names))


def test_the_command_prints_the_same(app: Flask, document: dict[str, Any]) -> None:
    printed = app.test_cli_runner().invoke(args=["openapi"])
    assert json.loads(printed.output) == document


def test_what_money_asks_for_is_in_it(document: dict[str, Any]) -> None:
    pay = document["paths"]["/api/v1/payments"]["post"]
    (key,) = [found for found in pay["parameters"] if found["name"] == "Idempotency-Key"]
    assert key["required"]
    change = document["paths"]["/api/v1/fees/{fee_id}"]["patch"]
    assert [found["name"] for found in change["parameters"] if found["required"]] == ["fee_id", "If-Match"]
    assert {"200", "409", "422", "428"} <= set(change["responses"])
    amount = document["components"]["schemas"]["NewPayment"]["properties"]["amount"]
    assert (amount["type"], amount["minimum"], amount["maximum"]) == ("integer", 1, 10**12)
    assert document["components"]["schemas"]["NewPayment"]["additionalProperties"] is False


def test_no_odd_value_is_an_error_of_the_server(app: Flask, raw: Any, school: School, document: dict[str, Any]) -> None:
    """Each field and argument of each operation gets each odd value; every answer is one that is described."""
    office = program(app, raw)
    for path, method, operation in operations(document):
        for place in ("999", "x", str(10**30)):
            _send(office, method, re.sub("{.+?}", place, path), operation, {}, {})
        where = re.sub("{.+?}", "1", path)
        for argument in operation.get("parameters", []):
            if argument["in"] == "query":
                for odd in ODD:
                    _send(office, method, where, operation, None, {argument["name"]: odd})
        for name in _fields(document, operation):
            for odd in ODD:
                _send(office, method, where, operation, {name: odd}, {})
        for odd in ODD if "requestBody" in operation else ():
            _send(office, method, where, operation, odd, {})


def _fields(document: dict[str, Any], operation: dict[str, Any]) -> list[str]:
    if "requestBody" not in operation:
        return []
    reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    return list(document["components"]["schemas"][reference.rsplit("/", 1)[1]]["properties"])


def _send(office: Program, method: str, path: str, operation: dict[str, Any], body: Any, query: dict[str, Any]) -> None:
    answer = office.client.open(
        path,
        method=method.upper(),
        query_string={
            name: "" if value is None else str(value).encode("utf-8", "replace") for name, value in query.items()
        },
        json=body if "requestBody" in operation else None,
        headers={"Authorization": f"Bearer {office.token}", "Idempotency-Key": "odd", "If-Match": "1"},
    )
    expected = {int(status) for status in operation["responses"]} | {404, 405}
    assert answer.status_code in expected, f"{method} {path} {body} {query}: {answer.status_code} {answer.text}"
    if answer.status_code >= 400:
        assert set(answer.get_json()["error"]) >= {"type", "code", "message", "param", "request_id"}
