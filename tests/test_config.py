"""The environment: read in one place, refused at start by name when it is bad."""

import os
import stat
import threading
from pathlib import Path

import pytest

from app.config import ConfigError, Settings, is_loopback

KEY = "k" * 32


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch):
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_nothing_set_is_one_pc_for_itself():
    settings = Settings.load()
    assert (settings.host, settings.port, settings.async_mode) == ("127.0.0.1", 5000, "eventlet")
    assert settings.database_uri().startswith("sqlite:///")
    assert settings.database_uri().endswith("schoolpulse.db")


def test_a_postgresql_address_names_the_driver_that_waits_green():
    settings = Settings.load({"DATABASE_URL": "postgresql://u:postgresql:@h/d"})
    assert settings.database_uri() == "postgresql+psycopg2://u:postgresql:@h/d"


def test_overrides_go_before_the_environment(monkeypatch):
    monkeypatch.setenv("PORT", "8000")
    monkeypatch.setenv("HOST", "localhost")
    settings = Settings.load({"PORT": 9000})
    assert (settings.port, settings.host) == (9000, "localhost")


def test_an_empty_variable_is_not_set(monkeypatch):
    monkeypatch.setenv("PORT", "")
    monkeypatch.setenv("TLS_CERT", "")
    assert Settings.load().port == 5000
    assert Settings.load().tls_cert is None


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"PORT": "many"}, "PORT"),
        ({"PORT": "0"}, "PORT"),
        ({"PORT": "65536"}, "PORT"),
        ({"ASYNC_MODE": "twisted"}, "ASYNC_MODE"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"TLS_CERT": "cert.pem"}, "TLS_CERT"),
        ({"TLS_KEY": "key.pem"}, "TLS_KEY"),
        ({"ALLOW_PLAIN_HTTP": "perhaps"}, "ALLOW_PLAIN_HTTP"),
        ({"DATABASE_URL": "mysql://localhost/school"}, "DATABASE_URL"),
        ({"TRUST_PROXY": "all"}, "TRUST_PROXY"),
        ({"HOST": "0.0.0.0"}, "HOST"),
        ({"HOST": "school.example"}, "HOST"),
        ({"HOST": "::"}, "HOST"),
    ],
)
def test_a_bad_value_stops_the_start_and_is_named(variables, named):
    with pytest.raises(ConfigError, match=named):
        Settings.load(variables)


@pytest.mark.parametrize(
    "variables",
    [
        {"HOST": "0.0.0.0", "ALLOW_PLAIN_HTTP": "1"},
        {"HOST": "0.0.0.0", "TLS_CERT": "cert.pem", "TLS_KEY": "key.pem"},
        {"HOST": "localhost"},
        {"HOST": "::1"},
    ],
)
def test_a_network_address_needs_tls_or_a_word(variables):
    assert Settings.load(variables).host == variables["HOST"]


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("localhost", True),
        ("10.0.0.4", False),
        ("0.0.0.0", False),
        ("127.0.0.1.example.org", False),
        ("", False),
    ],
)
def test_what_reaches_this_machine_only(host, loopback):
    assert is_loopback(host) is loopback


def test_settings_do_not_change(tmp_path):
    settings = Settings.load({"INSTANCE_PATH": tmp_path})
    with pytest.raises(ValueError, match="frozen"):
        settings.port = 1


# The signing key


def test_a_given_key_is_used_and_nothing_is_written(tmp_path):
    assert Settings.load({"SECRET_KEY": KEY, "INSTANCE_PATH": tmp_path / "instance"}).secret() == KEY
    assert not (tmp_path / "instance").exists()


def test_a_missing_key_is_made_once_and_kept_for_its_owner_only(tmp_path):
    settings = Settings.load({"INSTANCE_PATH": tmp_path / "instance"})
    key = settings.secret()
    assert len(key) == 64
    assert settings.secret() == key
    kept = tmp_path / "instance" / "secret_key"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert os.listdir(kept.parent) == ["secret_key"]


def test_processes_that_start_together_sign_with_the_same_key(tmp_path):
    """The web process and the worker start at the same moment on a new database."""
    together, keys = threading.Barrier(8), []

    def start():
        settings = Settings.load({"INSTANCE_PATH": tmp_path / "instance"})
        together.wait()
        keys.append(settings.secret())

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert len(set(keys)) == 1
    assert len(keys[0]) == 64


@pytest.mark.parametrize("content", ["", "half", " " * 64])
def test_a_damaged_key_stops_the_start(tmp_path, content):
    Path(tmp_path, "secret_key").write_text(content)
    with pytest.raises(ConfigError, match="secret_key is damaged"):
        Settings.load({"INSTANCE_PATH": tmp_path}).secret()
