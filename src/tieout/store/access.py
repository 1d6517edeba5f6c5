"""Users, API keys, sessions and failed logins in tables. No secret is kept as it is."""

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from tieout.core.errors import StoreError
from tieout.ports import CAPABILITIES, ApiKey, Capability, FailedLogin, Session, User
from tieout.store.codec import time_of, time_text
from tieout.store.connections import Connections

LOGINS_KEPT = timedelta(days=1)
KNOWN_MAX = 1_000
Found = TypeVar("Found")

USERS = "SELECT name, password_hash, capabilities, created_at FROM users"
PUT_USER = (
    "INSERT INTO users (name, password_hash, capabilities, created_at) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (name) DO UPDATE SET password_hash = excluded.password_hash,"
    " capabilities = excluded.capabilities"
)
KEYS = "SELECT id, name, digest, capabilities, created_at, revoked_at, last_used_at FROM api_keys"
ADD_KEY = (
    "INSERT INTO api_keys (id, name, digest, capabilities, created_at, revoked_at, last_used_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)
SESSION = (
    "SELECT digest, user, created_at, expires_at FROM sessions WHERE digest = ? AND expires_at > ?"
)
PUT_SESSION = (
    "INSERT INTO sessions (digest, user, created_at, expires_at) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (digest) DO UPDATE SET expires_at = excluded.expires_at"
)
FAILED = (
    "SELECT name, address, at FROM failed_logins"
    " WHERE at >= ? AND (name = ? OR address = ?) ORDER BY at, rowid"
)


class Known:
    """What was found by what, as of one state of the database."""

    def __init__(self, changes: int) -> None:
        self.changes = changes
        self._found: dict[tuple[str, str], Any] = {}

    def get(self, key: tuple[str, str], read: Callable[[], Found | None]) -> Found | None:
        """What is known, else what is read. That there is nothing is not kept."""
        found: Found | None = self._found.get(key)
        if found is None:
            found = read()
            if found is not None and len(self._found) < KNOWN_MAX:
                self._found[key] = found
        return found


class SqliteAccess:
    """The AccessStore on one SQLite database."""

    connections: Connections
    _found_before: Known | None = None

    def _again(self, kind: str, name: str, read: Callable[[], Found | None]) -> Found | None:
        """What was read before, unless anybody has written since; every request asks who asks."""
        changes = self.connections.changes()
        if changes is None:
            return read()
        if self._found_before is None or self._found_before.changes != changes:
            self._found_before = Known(changes)
        return self._found_before.get((kind, name), read)

    def users(self) -> Sequence[User]:
        with self.connections.reading() as connection:
            return [_user(row) for row in connection.execute(f"{USERS} ORDER BY name")]

    def user(self, name: str) -> User | None:
        return self._again("user", name, lambda: self._user(name))

    def _user(self, name: str) -> User | None:
        with self.connections.reading() as connection:
            found = connection.execute(f"{USERS} WHERE name = ?", (name,)).fetchone()
        return None if found is None else _user(found)

    def put_user(self, user: User) -> None:
        row = (
            user.name, user.password_hash, _words(user.capabilities), time_text(user.created_at)
        )  # fmt: skip
        with self.connections.writing() as connection:
            connection.execute(PUT_USER, row)
            connection.execute("DELETE FROM sessions WHERE user = ?", (user.name,))

    def drop_user(self, name: str) -> bool:
        with self.connections.writing() as connection:
            connection.execute("DELETE FROM sessions WHERE user = ?", (name,))
            gone = connection.execute("DELETE FROM users WHERE name = ?", (name,))
            return gone.rowcount > 0

    def api_keys(self) -> Sequence[ApiKey]:
        with self.connections.reading() as connection:
            return [_key(row) for row in connection.execute(f"{KEYS} ORDER BY created_at, rowid")]

    def key_of(self, digest: str) -> ApiKey | None:
        return self._again("key", digest, lambda: self._key_of(digest))

    def _key_of(self, digest: str) -> ApiKey | None:
        with self.connections.reading() as connection:
            found = connection.execute(f"{KEYS} WHERE digest = ?", (digest,)).fetchone()
        return None if found is None else _key(found)

    def add_key(self, key: ApiKey) -> None:
        row = (
            key.id, key.name, key.digest, _words(key.capabilities), time_text(key.created_at),
            _maybe_text(key.revoked_at), _maybe_text(key.last_used_at),
        )  # fmt: skip
        with self.connections.writing() as connection:
            try:
                connection.execute(ADD_KEY, row)
            except sqlite3.IntegrityError:
                raise StoreError(f"there is an API key {key.id} already; make another") from None

    def revoke_key(self, key_id: str, *, at: datetime) -> bool:
        statement = "UPDATE api_keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL"
        with self.connections.writing() as connection:
            return connection.execute(statement, (time_text(at), key_id)).rowcount > 0

    def use_key(self, key_id: str, *, at: datetime) -> None:
        with self.connections.writing() as connection:
            connection.execute(
                "UPDATE api_keys SET last_used_at = ? WHERE id = ?", (time_text(at), key_id)
            )

    def put_session(self, session: Session) -> None:
        created_at = time_text(session.created_at)
        row = (session.digest, session.user, created_at, time_text(session.expires_at))
        with self.connections.writing() as connection:
            connection.execute("DELETE FROM sessions WHERE expires_at <= ?", (created_at,))
            connection.execute(PUT_SESSION, row)

    def session_of(self, digest: str, *, at: datetime) -> Session | None:
        found = self._again("session", digest, lambda: self._session_of(digest, at))
        return found if found is not None and found.expires_at > at else None

    def _session_of(self, digest: str, at: datetime) -> Session | None:
        with self.connections.reading() as connection:
            found = connection.execute(SESSION, (digest, time_text(at))).fetchone()
        if found is None:
            return None
        digest, user, created_at, expires_at = found
        return Session(
            digest=digest,
            user=user,
            created_at=time_of(created_at),
            expires_at=time_of(expires_at),
        )

    def drop_session(self, digest: str) -> None:
        with self.connections.writing() as connection:
            connection.execute("DELETE FROM sessions WHERE digest = ?", (digest,))

    def add_failed_login(self, failed: FailedLogin) -> None:
        row = (failed.name, failed.address, time_text(failed.at))
        with self.connections.writing() as connection:
            connection.execute(
                "DELETE FROM failed_logins WHERE at < ?", (time_text(failed.at - LOGINS_KEPT),)
            )
            connection.execute(
                "INSERT INTO failed_logins (name, address, at) VALUES (?, ?, ?)", row
            )

    def failed_logins(self, *, since: datetime, name: str, address: str) -> Sequence[FailedLogin]:
        with self.connections.reading() as connection:
            found = connection.execute(FAILED, (time_text(since), name, address)).fetchall()
        return [FailedLogin(name=who, address=where, at=time_of(at)) for who, where, at in found]

    def clear_failed_logins(self, *, name: str, address: str) -> None:
        with self.connections.writing() as connection:
            connection.execute(
                "DELETE FROM failed_logins WHERE name = ? AND address = ?", (name, address)
            )


def _words(capabilities: frozenset[Capability]) -> str:
    return " ".join(each for each in CAPABILITIES if each in capabilities)


def _capabilities(words: str) -> frozenset[Capability]:
    return frozenset(each for each in CAPABILITIES if each in words.split())


def _maybe_text(moment: datetime | None) -> str | None:
    return None if moment is None else time_text(moment)


def _maybe_time(text: str | None) -> datetime | None:
    return None if text is None else time_of(text)


def _user(row: Any) -> User:
    name, password_hash, capabilities, created_at = row
    return User(
        name=name,
        password_hash=password_hash,
        capabilities=_capabilities(capabilities),
        created_at=time_of(created_at),
    )


def _key(row: Any) -> ApiKey:
    key_id, name, digest, capabilities, created_at, revoked_at, last_used_at = row
    return ApiKey(
        id=key_id,
        name=name,
        digest=digest,
        capabilities=_capabilities(capabilities),
        created_at=time_of(created_at),
        revoked_at=_maybe_time(revoked_at),
        last_used_at=_maybe_time(last_used_at),
    )
