"""Passwords, keys and cookies: made, hashed and compared."""

import hashlib
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from tieout.core.errors import SettingsError

SECRET_BYTES = 32
KEY_PREFIX = "tieout_"
PASSWORD_LENGTH_MIN = 10
PASSWORD_LENGTH_MAX = 1024
_HASHER = PasswordHasher()
# Compared with where there is no such user, so that both refusals take as long.
_NOBODY = _HASHER.hash("nobody has this password")


def hash_of_password(password: str) -> str:
    """Argon2's text for a password. Raises SettingsError for one that is too short."""
    if not PASSWORD_LENGTH_MIN <= len(password) <= PASSWORD_LENGTH_MAX:
        raise SettingsError(
            f"a password must have {PASSWORD_LENGTH_MIN} to {PASSWORD_LENGTH_MAX} characters"
        )
    return _HASHER.hash(password)


def is_password(password: str, hashed: str | None) -> bool:
    """Whether a password is the one behind a hash; None takes as long and is never right."""
    try:
        _HASHER.verify(hashed or _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return hashed is not None


def new_secret() -> str:
    """A cookie's value: 32 random bytes."""
    return secrets.token_urlsafe(SECRET_BYTES)


def new_key() -> str:
    """An API key: 32 random bytes behind a word by which it is recognised."""
    return KEY_PREFIX + secrets.token_urlsafe(SECRET_BYTES)


def digest_of(secret: str) -> str:
    """What is kept of a key or cookie. They are random, so one round is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()
