"""Somebody who takes webhooks, on loopback, and checks them as Standard Webhooks says.

The check is written from the specification (standardwebhooks.com), not from our signing.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from handturned import TurnedLoop
from tieout.notify import Target, Wanted, Webhook
from tieout.ports import Clock, StoredEvent

KEY = bytes(range(24))
SECRET = "whsec_" + base64.b64encode(KEY).decode()


@dataclass(frozen=True, kw_only=True)
class Posted:
    """One request as it arrived, and how it was answered."""

    path: str
    headers: dict[str, str]
    body: bytes
    status: int

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def event(self) -> int:
        number: int = json.loads(self.body)["id"]
        return number

    def verified(self, secret: str) -> dict[str, Any]:
        """The message, if its signature is right."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        content = b".".join(
            [self.id.encode(), self.headers["webhook-timestamp"].encode(), self.body]
        )
        expected = base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
        given = [each.split(",", 1) for each in self.headers["webhook-signature"].split(" ")]
        assert ["v1", expected] in given, "the signature is wrong"
        message: dict[str, Any] = json.loads(self.body)
        return message


class Receiver:
    """Answers 200, unless told otherwise: `answers` are used up first, in order."""

    def __init__(self) -> None:
        self.posted: list[Posted] = []
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.status = 200
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/hook"

    @property
    def taken(self) -> list[Posted]:
        """What was answered with success."""
        return [each for each in self.posted if 200 <= each.status < 300]

    def say(self, *statuses: int, **headers: str) -> None:
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        self.answers += [(each, named) for each in statuses]

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str]]:
        status, extra = self.answers.pop(0) if self.answers else (self.status, {})
        self.posted.append(Posted(path=path, headers=headers, body=body, status=status))
        return status, extra

    def __enter__(self) -> "Receiver":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, extra = receiver.answer(self.path, headers, body)
            self.send_response_only(status)
            for name, value in {"content-length": "0", **extra}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    return Handler


class Waited:
    """A target over a real socket: no time goes by while it is being told."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self.name = target.name

    def wants(self, event: StoredEvent) -> bool:
        return self._target.wants(event)

    async def send(self, event: StoredEvent) -> None:
        loop = asyncio.get_running_loop()
        sending = asyncio.ensure_future(self._target.send(event))
        if isinstance(loop, TurnedLoop):
            loop.waits_for(sending)
        await sending

    async def aclose(self) -> None:
        await self._target.aclose()


def webhook_at(
    receiver: Receiver,
    *,
    clock: Clock,
    name: str = "ops",
    types: Sequence[str] = (),
    accounts: Sequence[str] = (),
    secret: str = SECRET,
) -> Webhook:
    """The real webhook, aimed at a receiver."""
    wanted = Wanted(types=frozenset(types), accounts=frozenset(accounts))
    return Webhook(name, url=receiver.url, secret=secret, wanted=wanted, clock=clock)
