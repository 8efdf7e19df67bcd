"""docs/guarantees.md names the tests that exist, and leaves no promise of the screens without one."""

import ast
import re
from functools import cache

from app.config import ROOT

LINE = re.compile(r"^\| ([TR]\d+) \|[^|]+\|([^|]+)\|$", re.MULTILINE)
NAMED = re.compile(r"`([^`]*)::([^`]+)`")
JS_TEST = re.compile(r'^test\("([^"]+)"', re.MULTILINE)


@cache
def names_in(path: str) -> set[str]:
    """The names of the tests of a file; none for a file that does not exist."""
    file = ROOT / path
    if not file.is_file():
        return set()
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".mjs":
        return set(JS_TEST.findall(text))
    return {node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}


def named_in(page: str) -> dict[str, list[tuple[str, str]]]:
    """Promise -> file and name of its tests; a test without a file is in that of the test before it."""
    promises: dict[str, list[tuple[str, str]]] = {}
    for promise, tests in LINE.findall(page):
        file = ""
        assert promise not in promises, promise
        promises[promise] = []
        for named, test in NAMED.findall(tests):
            file = named or file
            promises[promise].append((file, test))
    return promises


def test_every_promise_has_a_test_that_exists() -> None:
    promises = named_in((ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8"))
    assert {f"T{number}" for number in range(1, 21)} <= set(promises)
    missing = [f"{promise}: {file}::{test}" for promise, tests in promises.items() for file, test in tests
               if test not in names_in(file)]  # fmt: skip
    assert missing == []
    assert [promise for promise, tests in promises.items() if not tests] == []


def test_a_test_that_does_not_exist_is_noticed() -> None:
    page = "| T1 | It holds | `tests/test_guarantees.py::test_gone`, `::test_a_test_that_does_not_exist_is_noticed` |"
    assert named_in(page) == {
        "T1": [
            ("tests/test_guarantees.py", name)
            for name in ("test_gone", test_a_test_that_does_not_exist_is_noticed.__name__)
        ]
    }
    assert test_a_test_that_does_not_exist_is_noticed.__name__ in names_in("tests/test_guarantees.py")
    assert "test_gone" not in names_in("tests/test_guarantees.py")
    assert names_in("tests/no_such_file.py") == set()
