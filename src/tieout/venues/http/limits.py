"""How long and how much: the limits that every reading over HTTP has."""

from dataclasses import dataclass, replace
from typing import TypeVar

from tieout.venues.connection import timeout_of


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpLimits:
    """What a connection waits for and accepts. A venue adds limits of its own.

    `read_s` is silence between two pieces of a reply, `call_s` one reply as a whole, `deadline_s`
    a reading with all its calls and waits. No wish of a venue (Retry-After) is followed for
    longer than `quiet_s_max`.
    """

    connect_s: float = 5.0
    read_s: float = 20.0
    call_s: float = 40.0
    deadline_s: float = 90.0
    tries_max: int = 4
    backoff_s: float = 0.5
    backoff_s_max: float = 8.0
    quiet_s_max: float = 3600.0
    body_bytes_max: int = 64 * 1024 * 1024
    evidence_bytes_max: int = 8 * 1024 * 1024


Kind = TypeVar("Kind", bound=HttpLimits)


def with_timeout(limits: Kind, timeout_s: str | None, *, connection: str) -> Kind:
    """The limits with the timeout that was set. A wrong one is a SettingsError that names it."""
    if timeout_s is None:
        return limits
    read_s = timeout_of(timeout_s, connection=connection)
    deadline_s = max(limits.deadline_s, 3 * read_s)
    return replace(limits, read_s=read_s, call_s=2 * read_s, deadline_s=deadline_s)
