"""Passwords: argon2id with the parameters OWASP advises, computed where it does not hold up the sockets."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.errors import Invalid
from app.green import run_blocking

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_NOBODY = _hasher.hash("nobody has this password")
_WEAK = frozenset(
    "password password1 12345678 123456789 1234567890 qwertyuiop qwerty123 11111111 iloveyou sunshine football "
    "princess welcome1 letmein1 schoolpulse school123 admin123 administrator bursar123 principal ghana123".split()
)


def hash_password(password: str, *, param: str = "password") -> str:
    """Hash a new password. Raises Invalid when it is too short, too long or among the first that anybody would try."""
    if len(password) < 8:
        raise Invalid("The password must have at least 8 characters.", param=param, code="password_weak")
    if len(password) > 200:
        raise Invalid("The password can have at most 200 characters.", param=param, code="password_weak")
    if password.lower() in _WEAK or len(set(password)) < 3:
        raise Invalid("This password is too easy to guess; choose another.", param=param, code="password_weak")
    return run_blocking(_hasher.hash, password)


def password_fits(password: str, hashed: str | None) -> bool:
    """Whether a password is the right one; takes as long for a user who does not exist."""
    return run_blocking(_verify, password[:200], hashed or _NOBODY) and bool(hashed)


def _verify(password: str, hashed: str) -> bool:
    try:
        return _hasher.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False
