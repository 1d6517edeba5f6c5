"""One client's connection, and the ways it can fail: late, silent, cut, reset."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from uvicorn.protocols.http.h11_impl import H11Protocol

from tieout.simulators.messages import Reply, Request
from tieout.simulators.spoiling import Html, Plain

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

BODY_BYTES_MAX = 1 << 20

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class TransportAware(H11Protocol):
    """Lets the application reach its connection, which faults have to break."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class Line:
    """The connection behind one call or one websocket."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, stopping: asyncio.Event) -> None:
        self.scope = scope
        self.receive = receive
        self.send = send
        self.transport: asyncio.Transport = scope["state"]["transport"]
        self._stopping = stopping

    async def pause(self, seconds: float) -> None:
        """Waits, but not longer than the server lives."""
        await self._until_stop(asyncio.sleep(seconds))

    async def stay_silent(self) -> None:
        """Says nothing until the client gives up."""
        await self._until_stop(self._gone())

    async def reset(self) -> None:
        """Drops the connection at once; the client reads "connection reset by peer"."""
        raw: socket.socket = self.transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()
        await self._gone()

    async def request(self) -> Request | None:
        """Reads the whole call; None when it is too large."""
        body = b""
        while True:
            message = await self.receive()
            body += message.get("body", b"")
            if len(body) > BODY_BYTES_MAX:
                return None
            if not message.get("more_body", False):
                break
        return request_of(self.scope, body)

    async def reply(self, reply: Reply, *, keep: float = 1) -> None:
        """Sends the answer; with `keep` below 1 only that share of the body it promised."""
        payload, kind = _encoded(reply)
        headers = {"content-type": kind, "content-length": str(len(payload)), **reply.headers}
        if reply.status == 204:
            del headers["content-length"]
        if self.scope["type"] == "websocket":
            await self.receive()
        start = "websocket.http.response" if self.scope["type"] == "websocket" else "http.response"
        await self.send(
            {
                "type": f"{start}.start",
                "status": reply.status,
                "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            }
        )
        sent = payload if keep >= 1 else payload[: int(len(payload) * keep)]
        is_cut = len(sent) < len(payload)
        await self.send({"type": f"{start}.body", "body": sent, "more_body": is_cut})
        if is_cut:
            self.transport.close()
            await self._gone()

    async def _gone(self) -> None:
        while not (await self.receive())["type"].endswith(".disconnect"):
            pass

    async def _until_stop(self, waiting: Awaitable[None]) -> None:
        tasks = {asyncio.ensure_future(waiting), asyncio.ensure_future(self._stopping.wait())}
        _, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()


def request_of(scope: Scope, body: bytes = b"") -> Request:
    """The call an ASGI scope describes."""
    pairs = parse_qsl(scope["query_string"].decode(), keep_blank_values=True)
    return Request(
        method=scope.get("method", "GET"),
        path=scope["path"],
        query=dict(pairs),
        pairs=pairs,
        headers={name.decode().lower(): value.decode() for name, value in scope["headers"]},
        body=body,
        client=(scope.get("client") or ("",))[0],
    )


def _encoded(reply: Reply) -> tuple[bytes, str]:
    if reply.status == 204:
        return b"", "application/json; charset=UTF-8"
    if isinstance(reply.body, Html):
        return reply.body.encode(), "text/html"
    if isinstance(reply.body, Plain):
        return reply.body.encode(), "text/plain; charset=utf-8"
    return _ENCODER.encode(reply.body), "application/json; charset=UTF-8"
