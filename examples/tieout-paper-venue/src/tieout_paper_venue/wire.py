"""Asking the paper broker: tried again where that helps, every reply kept, every error told."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from tieout.core.errors import VenueError, VenueRefused, VenueReplyInvalid, VenueUnavailable
from tieout.ports import Clock, RawReply

Sleep = Callable[[float], Awaitable[None]]

TRIES_MAX = 3
BACKOFF_S = 0.5
READ_S = 10.0
DEADLINE_S = 60.0
ADVICE_AGAIN = "nothing was changed; it is tried again in the next run"
ADVICE_KEY = "set key to the key that the broker gave you"
ADVICE_ADDRESS = "nothing was changed; check the address of this connection"


@dataclass(slots=True)
class Trace:
    """The replies of one reading, in order: the evidence of a run."""

    replies: list[RawReply] = field(default_factory=list)


class Wire:
    """Reads one broker with one key. The key is in no message and no evidence."""

    def __init__(
        self,
        *,
        name: str,
        address: str,
        key: str,
        clock: Clock,
        sleep: Sleep = asyncio.sleep,
        read_s: float = READ_S,
    ) -> None:
        self.name = name
        self.address = address
        self.clock = clock
        self._key = key
        self._sleep = sleep
        self._timeout = httpx.Timeout(read_s)

    async def get(self, path: str, trace: Trace) -> dict[str, Any]:
        """The object that a path answers with. Raises the error that the last try ended with."""
        for tries in range(1, TRIES_MAX + 1):
            try:
                return self._decoded(path, await self._body(path, trace))
            except VenueRefused:
                raise
            except VenueError:
                if tries == TRIES_MAX:
                    raise
            await self._sleep(BACKOFF_S * 2 ** (tries - 1))
        raise AssertionError("at least one try is made")

    async def _body(self, path: str, trace: Trace) -> bytes:
        headers = {"Authorization": f"Bearer {self._key}"}
        url = f"{self.address}{path}"
        status: int | None = None
        body = b""
        try:
            # A client of its own for each request: a run may have an event loop of its own.
            async with (
                httpx.AsyncClient(timeout=self._timeout, trust_env=False) as client,
                client.stream("GET", url, headers=headers) as response,
            ):
                status = response.status_code
                async for piece in response.aiter_raw():
                    body += piece
        except httpx.TimeoutException:
            self._keep(path, status, body, trace)
            raise self._unavailable(f"GET {path} was not answered in time") from None
        except httpx.TransportError:
            self._keep(path, status, body, trace)
            if status is None:
                raise self._unavailable(f"GET {path} could not be asked") from None
            message = f"GET {path} broke off in the middle of its answer"
            raise VenueReplyInvalid(message, venue=self.name, advice=ADVICE_AGAIN) from None
        self._keep(path, status, body, trace)
        self._refuse(path, status)
        return body

    def _refuse(self, path: str, status: int) -> None:
        """Every status but 200 is an error: to be tried again, or not."""
        message = f"GET {path} answered {status}"
        if status == 429 or status >= 500:
            raise self._unavailable(message, status)
        if status in (401, 403):
            raise VenueRefused(message, venue=self.name, advice=ADVICE_KEY, status=status)
        if status != 200:
            raise VenueRefused(message, venue=self.name, advice=ADVICE_ADDRESS, status=status)

    def _decoded(self, path: str, body: bytes) -> dict[str, Any]:
        """A body that is not what was asked for is never taken as nothing."""
        try:
            # Numbers stay the characters that were sent: nothing passes through a float.
            found = json.loads(body, parse_float=str, parse_int=str)
        except ValueError:
            found = None
        if not isinstance(found, dict) or "message" in found:
            raise VenueReplyInvalid(
                f"GET {path} answered with something else than was asked for",
                venue=self.name,
                advice=ADVICE_ADDRESS,
                status=200,
            )
        return found

    def _unavailable(self, message: str, status: int | None = None) -> VenueUnavailable:
        return VenueUnavailable(message, venue=self.name, advice=ADVICE_AGAIN, status=status)

    def _keep(self, path: str, status: int | None, body: bytes, trace: Trace) -> None:
        call = f"GET {path}"
        trace.replies.append(
            RawReply(call=call, status=status, received_at=self.clock.now(), body=body)
        )
