"""What the tests of receipts, fees and the cash book share."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from tests.support.office import assert_lawful, working
from tests.support.school import School


@pytest.fixture
def office(in_app: Flask, school: School, raw: Any, check: Any) -> Iterator[Any]:
    """Esi works on 10 March 2026; when she goes home every law holds and every figure is right."""
    with working(school.bursar) as clock:
        yield clock
    assert_lawful(raw)
    check()
