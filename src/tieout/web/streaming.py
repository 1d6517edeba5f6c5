"""One client's connection to the event stream, as an ASGI application."""

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from tieout.web.events import Client, EventHub

HEADERS = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # a proxy in between must not collect
)


class EventStream:
    """Writes to a client what the hub has for it, until either goes.

    `abort` ends the connection at once, which also frees one whose client takes nothing more.
    """

    def __init__(self, hub: EventHub, client: Client, *, abort: Callable[[], None]) -> None:
        self._hub = hub
        self._client = client
        self._abort = abort

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        del scope  # nothing in the request changes what is written
        await send({"type": "http.response.start", "status": 200, "headers": [*HEADERS]})
        writing = asyncio.create_task(self._write_all(send))
        leaving = asyncio.create_task(_until_gone(receive))
        self._client.cut = partial(self._end, writing)
        try:
            await asyncio.wait({writing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._hub.leave(self._client)
            for task in (writing, leaving):
                task.cancel()
            await asyncio.gather(writing, leaving, return_exceptions=True)

    def _end(self, writing: asyncio.Task[None]) -> None:
        self._abort()
        writing.cancel()

    async def _write_all(self, send: Any) -> None:
        await self._write(self._hub.join(self._client), send)
        while body := await self._hub.next(self._client):
            await self._write(body, send)
        await send({"type": "http.response.body", "body": b""})

    async def _write(self, body: bytes, send: Any) -> None:
        self._client.writing_since = time.monotonic()
        await send({"type": "http.response.body", "body": body, "more_body": True})
        self._client.writing_since = None


async def _until_gone(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
