"""What every request goes through and every reply has, whoever makes it.

The door, security headers, and HEAD wherever there is GET.
"""

from typing import Any

from litestar import Litestar, Request
from litestar.routes import HTTPRoute
from litestar.types import Message, Send

from tieout.web.door import Door
from tieout.web.problems import response_of

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_ENCODED = [(name.lower().encode(), text.encode()) for name, text in SECURITY_HEADERS.items()]


class Application(Litestar):
    """Litestar, which answers some requests (no such path, a wrong method) before any hook."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        enveloped = self._enveloped(scope, send)
        door: Door = self.state.door
        door.see(scope)
        refused = door.refusal(scope)
        if refused is not None:
            answer = response_of(refused).to_asgi_response(app=None, request=Request(scope))
            await answer(scope, receive, enveloped)
            return
        if scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}
            enveloped = _without_body(enveloped)
        await super().__call__(scope, receive, enveloped)

    def _enveloped(self, scope: Any, send: Send) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = [
                    (name, self._allowed(scope, text) if name == b"allow" else text)
                    for name, text in message["headers"]
                ]
                known = {name for name, _ in given}
                message["headers"] = [*given, *(each for each in _ENCODED if each[0] not in known)]
            await send(message)

        return sending

    def _allowed(self, scope: Any, said: bytes) -> bytes:
        """Every method of a path: Litestar forgets some for OPTIONS, and HEAD comes with GET."""
        template = scope.get("path_template")
        methods = {each.strip() for each in said.decode().split(",")}
        for route in self.routes:
            if isinstance(route, HTTPRoute) and route.path_format == template:
                methods |= {*route.methods}
        if "GET" in methods:
            methods.add("HEAD")
        return ", ".join(sorted(methods)).encode()


def _without_body(send: Send) -> Send:
    """The start of a reply is all of it: a stream would go on for ever."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            await send(message)
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    return sending
