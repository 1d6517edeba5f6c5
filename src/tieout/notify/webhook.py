"""Webhooks, signed as Standard Webhooks has it, so that existing libraries check them.

Headers: `webhook-id`, the same at every attempt; `webhook-timestamp`, in seconds; and
`webhook-signature`, `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`.
"""

import asyncio
import base64
import hashlib
import hmac
import json
from binascii import Error as Base64Error
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import httpx

from tieout.notify.target import Undelivered, Wanted
from tieout.ports import Clock, StoredEvent
from tieout.retry_after import wait_s_in

PREFIX = "whsec_"
TIMEOUT_S = 10.0
WISH_S_MAX = 1_000_000.0  # a longer one is a mistake
RETRY_AFTER_S_MAX = 3600.0  # as long as the longest wait of ours


class Webhook:
    """One address that is sent events as JSON."""

    def __init__(self, name: str, *, url: str, secret: str, wanted: Wanted, clock: Clock) -> None:
        self.name = f"webhook/{name}"
        self._url = url
        self._key = signing_key(secret)
        self._wanted = wanted
        self._clock = clock
        self._client = httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False)

    def wants(self, event: StoredEvent) -> bool:
        return self._wanted.has(event)

    async def send(self, event: StoredEvent) -> None:
        """Post it. Everything but a 2xx answer within ten seconds is a failure."""
        number = number_of(event)
        seconds = int(self._clock.now().timestamp())
        body = body_of(event)
        headers = {
            "content-type": "application/json",
            "user-agent": "tieout",
            "webhook-id": number,
            "webhook-timestamp": str(seconds),
            "webhook-signature": signature(self._key, number, seconds, body),
        }
        try:
            # The answer's body is not read: nobody needs it, and it may have no end.
            # The client's own timeout is for each piece, and pieces may come for ever.
            async with (
                asyncio.timeout(TIMEOUT_S),
                self._client.stream("POST", self._url, content=body, headers=headers) as answer,
            ):
                status, said = answer.status_code, answer.headers
        except TimeoutError:
            raise Undelivered(f"no answer within {TIMEOUT_S:g} s") from None
        except httpx.HTTPError as error:
            # Its text may carry the address, which may carry a token.
            raise Undelivered(f"no answer ({type(error).__name__})") from None
        if not 200 <= status < 300:
            wait_s = _retry_after_s(said, now=self._clock.now())
            raise Undelivered(f"it answered {status}", retry_after_s=wait_s)

    async def aclose(self) -> None:
        await self._client.aclose()


def number_of(event: StoredEvent) -> str:
    """What a receiver knows an event by: the same at every attempt, another in every book."""
    return f"evt_{event.event.at.timestamp():.0f}_{event.id}"


def body_of(event: StoredEvent) -> bytes:
    """What is posted: the type, when, whose, and the same data as in the stream."""
    material: dict[str, Any] = {
        "id": event.id,
        "type": event.event.type,
        "timestamp": event.event.at.isoformat().replace("+00:00", "Z"),
        "account": event.account,
        "run": event.run,
    }
    head = json.dumps(material, ensure_ascii=False)
    return f'{head[:-1]}, "data": {event.event.payload}}}'.encode()


def signing_key(secret: str) -> bytes:
    """The key behind a secret: what base64 after `whsec_` means, else the text's own bytes."""
    if secret.startswith(PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
        except Base64Error:
            pass
    return secret.encode()


def signature(key: bytes, number: str, seconds: int, body: bytes) -> str:
    """The value of `webhook-signature`."""
    signed = f"{number}.{seconds}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def _retry_after_s(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """How long it wants to be left alone, up to an hour: seconds, or a date. Nonsense is none."""
    wait_s = wait_s_in(headers.get("retry-after", ""), now=now)
    if wait_s is None or not 0 < wait_s < WISH_S_MAX:
        return None
    return min(wait_s, RETRY_AFTER_S_MAX)
