"""Somebody to be told of events."""

from dataclasses import dataclass
from typing import Protocol

from tieout.ports import StoredEvent


class Undelivered(Exception):
    """A target could not be told. The message holds no secret; `retry_after_s` is its own wish."""

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Target(Protocol):
    """One target. `name` (`webhook/ops`) is what its progress is kept under."""

    @property
    def name(self) -> str: ...

    def wants(self, event: StoredEvent) -> bool:
        """Whether it is to be told of this."""
        ...

    async def send(self, event: StoredEvent) -> None:
        """Tell it. Raises Undelivered."""
        ...

    async def aclose(self) -> None:
        """Let go of connections."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which events: empty means all. `break:*` means all that begin with `break:`."""

    types: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()

    def has(self, event: StoredEvent) -> bool:
        """Whether an event is among them. What belongs to no account is for everybody."""
        kind = event.event.type
        family = f"{kind.partition(':')[0]}:*"
        is_type = not self.types or kind in self.types or family in self.types
        is_account = not self.accounts or event.account is None or event.account in self.accounts
        return is_type and is_account
