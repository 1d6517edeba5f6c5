"""Replies that are given again as they are for as long as nothing was written."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from litestar.middleware import DefineMiddleware
from litestar.types import (
    ASGIApp,
    HTTPResponseBodyEvent,
    HTTPResponseStartEvent,
    Message,
    Receive,
    Scope,
    Send,
)

from tieout.web.auth import Principal
from tieout.wiring.service import Service

REPLIES_MAX = 256
BYTES_MAX = 8 * 1024 * 1024


def kept(meanwhile: Callable[[Service], None] = lambda _: None) -> DefineMiddleware:
    """For a route that everybody with `read` may read, and whose reply depends on the store alone.

    `meanwhile` is what a request for it does besides; it is done for a kept reply as well.
    """
    return DefineMiddleware(KeptReplies, meanwhile=meanwhile)


@dataclass(slots=True)
class _Reply:
    """A whole reply: how it begins, and its pieces."""

    start: HTTPResponseStartEvent | None = None
    pieces: list[HTTPResponseBodyEvent] = field(default_factory=list)
    size: int = 0
    is_good: bool = False

    def add(self, message: Message) -> None:
        """Take a copy: who sends it on may add to it."""
        if message["type"] == "http.response.start":
            self.is_good = message["status"] == 200
            self.start = {**message, "headers": [*message["headers"]]}
        elif message["type"] == "http.response.body":
            self.size += len(message["body"])
            self.pieces.append({**message})


class KeptReplies:
    """Middleware behind the sign-in. It refuses nobody: who may not read goes on to the guards.

    A change of settings is written before it takes effect and told (written) after, so a reply
    made in between is not kept for long.
    """

    def __init__(self, app: ASGIApp, *, meanwhile: Callable[[Service], None]) -> None:
        self._app = app
        self._meanwhile = meanwhile
        self._replies: OrderedDict[tuple[str, bytes], _Reply] = OrderedDict()
        self._bytes = 0
        self._changes: int | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        principal: Principal | None = scope.get("user")
        if principal is None or "read" not in principal.capabilities:
            await self._app(scope, receive, send)
            return
        service: Service = scope["litestar_app"].state.service
        changes = service.store.changes()
        if changes is None or changes != self._changes:
            self._forget(changes)
        key = (scope["path"], scope["query_string"])
        found = self._replies.get(key)
        if found is None or found.start is None:
            await self._answered(key, changes, scope, receive, send)
            return
        self._replies.move_to_end(key)
        self._meanwhile(service)
        await send({**found.start, "headers": [*found.start["headers"]]})
        for piece in found.pieces:
            await send({**piece})

    async def _answered(
        self,
        key: tuple[str, bytes],
        changes: int | None,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        reply = _Reply()

        async def sending(message: Message) -> None:
            reply.add(message)
            await send(message)

        await self._app(scope, receive, sending)
        if changes is not None and changes == self._changes and reply.is_good:
            self._keep(key, reply)

    def _keep(self, key: tuple[str, bytes], reply: _Reply) -> None:
        before = self._replies.pop(key, None)
        self._bytes += reply.size - (before.size if before else 0)
        self._replies[key] = reply
        while len(self._replies) > REPLIES_MAX or self._bytes > BYTES_MAX:
            _, gone = self._replies.popitem(last=False)
            self._bytes -= gone.size

    def _forget(self, changes: int | None) -> None:
        self._replies.clear()
        self._bytes = 0
        self._changes = changes
