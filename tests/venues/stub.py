"""A server on loopback that says what a test tells it to, to the real SDK over a real socket."""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

ACCOUNT = "/v2/account"
POSITIONS = "/v2/positions"
ACTIVITIES = "/v2/account/activities"

NUMBER = "PA2XNN7L2QU0"
ID = "27102f1a-1bf0-4a2b-be65-aac7868edb41"


@dataclass(frozen=True, kw_only=True)
class Said:
    """One reply. `cut` sends only so many bytes of it, `held` waits before the rest of it."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    held: bool = False
    hung_up: bool = False


def said(value: Any, *, status: int = 200, **headers: str) -> Said:
    """A JSON reply; `retry_after="3"` becomes the header Retry-After."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Said(status=status, body=json.dumps(value).encode(), headers=named)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request as it arrived."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]


class AlpacaStub:
    """Answers for one account from `positions` and `activities`, unless told to say otherwise."""

    def __init__(self) -> None:
        self.account: dict[str, Any] = {
            "id": ID,
            "account_number": NUMBER,
            "status": "ACTIVE",
            "currency": "USD",
            "account_blocked": False,
            "trading_blocked": False,
        }
        self.positions: list[Any] = []
        self.activities: list[dict[str, Any]] = []
        self.headers: dict[str, str] = {}
        self.asked: list[Asked] = []
        self.released = threading.Event()
        self._told: dict[str, list[Said]] = {}
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def say(self, path: str, *replies: Said) -> None:
        """What to answer on a path from now on, in this order; the last one stays."""
        self._told[path] = list(replies)

    def calls(self, path: str | None = None) -> int:
        """How many requests came."""
        return sum(path is None or each.path == path for each in self.asked)

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def reply_to(self, asked: Asked) -> Said:
        with self._lock:
            self.asked.append(asked)
            told = self._told.get(asked.path)
            if told:
                return told.pop(0) if len(told) > 1 else told[0]
        if asked.path == ACCOUNT:
            return said(self.account)
        if asked.path == POSITIONS:
            return said(self.positions)
        if asked.path == ACTIVITIES:
            return said(self._page(asked.query))
        return said({"code": 40410000, "message": "endpoint not found"}, status=404)

    def _page(self, query: Mapping[str, str]) -> list[dict[str, Any]]:
        rows = sorted(self.activities, key=_time)
        if "after" in query:
            rows = [row for row in rows if _time(row) > query["after"]]
        if "page_token" in query:
            ids = [row["id"] for row in rows]
            rows = rows[ids.index(query["page_token"]) + 1 :]
        return rows[: int(query["page_size"])]


def _time(row: Mapping[str, Any]) -> str:
    return row.get("transaction_time") or row.get("created_at") or row["date"]


def _handler(stub: AlpacaStub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            reply = stub.reply_to(
                Asked(
                    path=parts.path,
                    query=dict(parse_qsl(parts.query)),
                    headers=dict(self.headers),
                )
            )
            self.close_connection = reply.held or reply.hung_up or reply.cut is not None
            if reply.held and reply.cut is None:
                stub.released.wait()
            if reply.hung_up or (reply.held and reply.cut is None):
                return
            self.send_response_only(reply.status)
            for name, value in {**stub.headers, **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body[: reply.cut])
            if reply.held:
                stub.released.wait()

        def log_message(self, *_: object) -> None:
            pass

    return Handler
