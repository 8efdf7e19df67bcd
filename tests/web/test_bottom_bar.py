"""The bar at the foot of a phone: first what a role does standing, with the phone in one hand."""

import re
from typing import Any

import pytest
from flask import Flask

from tests.support.people import sign_in

BARS = {
    "admin": ["/desk", "/attendance", "/dashboard", "/students"],
    "principal": ["/attendance", "/dashboard", "/students", "/fees"],
    "bursar": ["/desk", "/dashboard", "/students", "/fees"],
    "registrar": ["/attendance", "/students", "/notifications"],
    "teacher": ["/attendance", "/students", "/notifications"],
}


@pytest.mark.parametrize("role", BARS)
def test_what_somebody_owes_and_the_register_come_first(app: Flask, raw: Any, role: str) -> None:
    page = sign_in(app, raw, role).get("/students").text
    bar = page[page.index('<nav class="bottom-bar"') :]
    assert re.findall(r'<a class="bottom-link" href="([^"]+)"', bar) == BARS[role]
