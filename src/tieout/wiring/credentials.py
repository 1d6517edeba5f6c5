"""Passwords, keys and cookies: made, hashed and compared."""

import hashlib
import secrets
from datetime import datetime
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from tieout.core.errors import SettingsError
from tieout.ports import ApiKey, Capability
from tieout.runs.statistics import timestamp

SECRET_BYTES = 32
KEY_PREFIX = "tieout_"
KEY_ID_BYTES = 6
NAME_LENGTH_MAX = 100
PASSWORD_LENGTH_MIN = 10
PASSWORD_LENGTH_MAX = 1024
_HASHER = PasswordHasher()


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
        _HASHER.verify(hashed or _hash_of_nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return hashed is not None


@cache
def _hash_of_nobody() -> str:
    """Compared with where there is no such user, so that both refusals take as long."""
    return _HASHER.hash("nobody has this password")


def new_secret() -> str:
    """A cookie's value: 32 random bytes."""
    return secrets.token_urlsafe(SECRET_BYTES)


def new_api_key(
    name: str, capabilities: frozenset[Capability], *, at: datetime
) -> tuple[ApiKey, str]:
    """A key as it is kept, and its value: 32 random bytes behind a word that tells what it is."""
    secret = KEY_PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    key = ApiKey(
        id=secrets.token_hex(KEY_ID_BYTES),
        name=named(name),
        digest=digest_of(secret),
        capabilities=capabilities,
        created_at=at,
    )
    return key, secret


def key_material(key: ApiKey) -> dict[str, Any]:
    """A key for people and programs, without its value, which nobody has."""
    return {
        "id": key.id,
        "name": key.name,
        "capabilities": sorted(key.capabilities),
        "created_at": timestamp(key.created_at),
        "last_used_at": None if key.last_used_at is None else timestamp(key.last_used_at),
        "revoked_at": None if key.revoked_at is None else timestamp(key.revoked_at),
    }


def named(name: str) -> str:
    """The name of a user or key. Raises SettingsError for one that cannot be shown."""
    if not name.strip() or len(name) > NAME_LENGTH_MAX or not name.isprintable():
        raise SettingsError(
            f"the name {name!r} must be 1 to {NAME_LENGTH_MAX} printable characters"
        )
    return name


def digest_of(secret: str) -> str:
    """What is kept of a key or cookie. They are random, so one round is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()
