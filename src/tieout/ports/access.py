"""Who may ask and act: users, API keys, sessions and failed logins. No secret is kept as it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, get_args

Capability = Literal["read", "positions:write", "admin:write"]
CAPABILITIES: tuple[Capability, ...] = get_args(Capability)


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person who signs in. `password_hash` is argon2's own text, salt and cost included."""

    name: str
    password_hash: str
    capabilities: frozenset[Capability]
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key of a program. `digest` is the SHA-256 of the key in hex; the key was shown once."""

    id: str
    name: str
    digest: str
    capabilities: frozenset[Capability]
    created_at: datetime
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A signed-in browser. `digest` is the SHA-256 of the cookie's value in hex."""

    digest: str
    user: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedLogin:
    """A login that was refused: under which name, from which address, when."""

    name: str
    address: str
    at: datetime


class AccessStore(Protocol):
    """Where access is kept, beside the books. Every method is one transaction."""

    def users(self) -> Sequence[User]:
        """Everybody, by name."""
        ...

    def user(self, name: str) -> User | None:
        """The user of this name."""
        ...

    def put_user(self, user: User) -> None:
        """Add a user, or change the one of this name; sessions of a changed one end."""
        ...

    def drop_user(self, name: str) -> bool:
        """Remove a user and end their sessions; whether there was one."""
        ...

    def api_keys(self) -> Sequence[ApiKey]:
        """Every key, revoked ones included, oldest first."""
        ...

    def key_of(self, digest: str) -> ApiKey | None:
        """The key with this digest, revoked or not."""
        ...

    def add_key(self, key: ApiKey) -> None:
        """Add a key. Raises StoreError where the id or the digest is taken."""
        ...

    def revoke_key(self, key_id: str, *, at: datetime) -> bool:
        """End a key for ever; whether there was a valid one."""
        ...

    def use_key(self, key_id: str, *, at: datetime) -> None:
        """Note when a key was last used."""
        ...

    def put_session(self, session: Session) -> None:
        """Keep a session; those that have expired by its beginning are forgotten."""
        ...

    def session_of(self, digest: str, *, at: datetime) -> Session | None:
        """The session with this digest, unless it has expired at that time."""
        ...

    def drop_session(self, digest: str) -> None:
        """End a session."""
        ...

    def add_failed_login(self, failed: FailedLogin) -> None:
        """Keep a refused login; those older than a day before it are forgotten."""
        ...

    def failed_logins(self, *, since: datetime, name: str, address: str) -> Sequence[FailedLogin]:
        """Those under this name or from this address since a time, oldest first."""
        ...

    def clear_failed_logins(self, *, name: str, address: str) -> None:
        """Forget those of this name from this address, after a good login."""
        ...
