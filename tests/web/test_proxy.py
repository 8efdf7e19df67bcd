"""A proxy in front: its word about who asks is taken only when the school says that there is one."""

import pytest
from flask import request

from app import create_app
from tests.support.database import overrides

FORWARDED = {"X-Forwarded-For": "203.0.113.7, 10.0.0.9", "X-Forwarded-Proto": "https"}


@pytest.fixture
def seen(database):
    """What the program takes a request for, by the number of proxies that it trusts."""

    def see(proxies):
        app = create_app({**overrides(database), "TRUST_PROXY": proxies})
        found = {}

        @app.before_request
        def note():
            found.update(address=request.remote_addr, scheme=request.scheme)

        answer = app.test_client().get("/login", headers=FORWARDED)
        return found, answer.headers, app.config

    return see


def test_without_a_proxy_its_headers_are_a_strangers_words(seen):
    found, headers, config = seen(0)
    assert found == {"address": "127.0.0.1", "scheme": "http"}
    assert "Strict-Transport-Security" not in headers
    assert (config["SESSION_COOKIE_NAME"], config["SESSION_COOKIE_SECURE"]) == ("sid", False)


def test_with_one_proxy_the_last_address_counts_and_cookies_are_for_tls(seen):
    found, headers, config = seen(1)
    assert found == {"address": "10.0.0.9", "scheme": "https"}
    assert "Strict-Transport-Security" in headers
    assert (config["SESSION_COOKIE_NAME"], config["SESSION_COOKIE_SECURE"]) == ("__Host-sid", True)
