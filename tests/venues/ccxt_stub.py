"""A server on loopback that answers as an exchange would, to ccxt's real classes."""

import json
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tieout.testing.venue import Trouble

Query = Mapping[str, str]
Route = Callable[[Query], Any]

WAIT_S = 30
STATUS = {"server_error": 500, "rate_limit": 429}
BODY = {"web_page": b"<!doctype html><title>503</title>", "null": b"null",
        "error_object": b'{"message": "under maintenance"}'}  # fmt: skip


def joined(thread: threading.Thread) -> None:
    """Wait for the end of a thread, though not for ever."""
    thread.join(WAIT_S)
    assert not thread.is_alive(), thread


class ExchangeStub:
    """Answers each path from its route; anything else is 404. `trouble` is for all of them."""

    def __init__(self) -> None:
        self.routes: dict[str, Route] = {}
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.trouble: Trouble | None = None
        self.times: int | None = None
        self.is_revoked = False
        self.headers: dict[str, str] = {}
        self.refusal: tuple[int, Any] = (401, {"error": "authenticationError"})
        self.released = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def say(self, path: str, value: Any) -> None:
        """What is answered on a path: a value, JSON text as bytes, or a function of the query."""
        self.routes[path] = value if callable(value) else lambda _: value

    def calls(self, part: str = "") -> list[dict[str, str]]:
        return [query for _, path, query in self.asked if part in path]

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        joined(self._thread)
        self._server.server_close()

    def reply_to(self, method: str, path: str, query: dict[str, str]) -> tuple[int, bytes]:
        self.asked.append((method, path, query))
        if self.is_revoked:
            status, value = self.refusal
            return status, json.dumps(value).encode()
        if path not in self.routes:
            return 404, b'{"error": "no such path"}'
        value = self.routes[path](query)
        return 200, value if isinstance(value, bytes) else json.dumps(value).encode()

    def trouble_now(self) -> Trouble | None:
        if self.trouble is None or self.times == 0:
            return None
        if self.times is not None:
            self.times -= 1
        return self.trouble


def _handler(stub: ExchangeStub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._answer("GET", "")

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            self._answer("POST", self.rfile.read(length).decode())

        def _answer(self, method: str, sent: str) -> None:
            parts = urlsplit(self.path)
            query = dict(parse_qsl(parts.query)) | dict(parse_qsl(sent))
            status, body = stub.reply_to(method, parts.path, query)
            kind = stub.trouble_now()
            self.close_connection = kind in ("hang_up", "silence", "cut_body")
            if kind == "silence":
                stub.released.wait()
            if kind in ("hang_up", "silence"):
                return
            status = STATUS.get(kind or "", status)
            body = BODY.get(kind or "", body)
            self.send_response_only(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            for name, text in stub.headers.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if kind == "cut_body" else body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler
