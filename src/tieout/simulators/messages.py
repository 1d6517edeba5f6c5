"""What passes between a client and a simulator, before and after the wire."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A call as it arrived; header names are in small letters."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    client: str
    pairs: Sequence[tuple[str, str]] = ()  # the query with every value of a repeated name

    def json(self) -> Any:
        """The body; numbers keep their digits. Raises `msgspec.DecodeError`."""
        return _DECODER.decode(self.body or b"null")


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; the body is anything that can be JSON, an `Html` page, or nothing with 204."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class View:
    """What an answer looks at: whose account, and positions of which moment (None: now)."""

    account: str | None
    positions_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A call that was made; `status` None means that it was never answered."""

    method: str
    path: str
    query: Mapping[str, str]
    account: str | None
    status: int | None


_DECODER = msgspec.json.Decoder(float_hook=Decimal)
