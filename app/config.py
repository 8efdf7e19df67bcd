"""The only reader of the environment: a frozen `Settings`, refused at start when a value is bad."""

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Literal, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent
AsyncMode = Literal["eventlet", "gevent", "threading"]


class ConfigError(RuntimeError):
    """A setting that stops the start; the message names it."""


class Settings(BaseSettings):
    """The few variables of the environment; everything else is a setting in the database."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    database_url: str = ""
    redis_url: str = ""
    secret_key: str = ""
    host: str = "127.0.0.1"
    port: int = Field(default=5000, ge=1, le=65535)
    async_mode: AsyncMode = "eventlet"
    instance_path: Path = ROOT / "instance"
    tls_cert: Path | None = None
    tls_key: Path | None = None
    allow_plain_http: bool = False
    trust_proxy: int = Field(default=0, ge=0, le=3)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("TLS_CERT and TLS_KEY must be given together")
        if self.secret_key and len(self.secret_key) < 32:
            raise ValueError("SECRET_KEY must have at least 32 characters")
        if not (self.tls_cert or self.allow_plain_http or is_loopback(self.host)):
            raise ValueError(
                f"HOST={self.host} would serve passwords over plain HTTP to the network: "
                "give TLS_CERT and TLS_KEY, or set ALLOW_PLAIN_HTTP=1 if a proxy in front adds TLS"
            )
        if self.database_url and not self.database_url.startswith(("sqlite:", "postgresql:", "postgresql+psycopg2:")):
            raise ValueError("DATABASE_URL must begin with sqlite: or postgresql:")
        return self

    @property
    def uses_tls(self) -> bool:
        """Whether browsers reach the program over TLS, its own or that of the proxy in front."""
        return self.tls_cert is not None or self.trust_proxy > 0

    @classmethod
    def load(cls, overrides: Mapping[str, object] | None = None) -> Self:
        """Read the environment, `overrides` first. Raises ConfigError with the variable's name."""
        try:
            return cls(**{key.lower(): value for key, value in (overrides or {}).items()})  # type: ignore[arg-type]
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(str(part) for part in first["loc"]).upper()
            raise ConfigError(f"{name}: {first['msg']}" if name else first["msg"]) from error

    def database_uri(self) -> str:
        """The database's address: `DATABASE_URL`, or the file of the instance folder."""
        given = self.database_url or f"sqlite:///{self.instance_path / 'schoolpulse.db'}"
        # Named, because only this driver waits green under eventlet.
        return given.replace("postgresql:", "postgresql+psycopg2:", 1)

    def secret(self) -> str:
        """The signing key: `SECRET_KEY`, or one made once and kept in the instance folder."""
        if self.secret_key:
            return self.secret_key
        kept = self.instance_path / "secret_key"
        if not kept.exists():
            _make_secret(kept)
        found = kept.read_text(encoding="ascii").strip()
        if len(found) < 32:
            raise ConfigError(f"{kept} is damaged: remove it, and everybody signs in again")
        return found


def _make_secret(path: Path) -> None:
    """Put a new key where two processes that start together both find the same whole one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile("w", dir=path.parent, encoding="ascii") as file:
        file.write(secrets.token_hex(32))
        file.flush()
        os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(file.name, path)


def is_loopback(host: str) -> bool:
    """Whether an address can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
