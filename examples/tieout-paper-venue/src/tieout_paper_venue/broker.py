"""A broker that exists to be read: one account, kept in memory, behind a small HTTP API.

    GET /v1/account            {"id": "P-1", "currency": "USD"}
    GET /v1/positions          {"positions": [{"symbol", "quantity", "average"}]}
    GET /v1/trades?after=SEQ   {"trades": [{"seq", "symbol", "quantity", "price", "at"}], "more"}

Numbers are texts. Every request carries `Authorization: Bearer KEY`.
"""

import json
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

PAGE = 100

# What may go wrong before an answer is sent: it takes the handler and the body, and says whether
# it has answered itself.
Spoil = Callable[["Handler", bytes], bool]


class PaperBroker:
    """The account and the server in front of it."""

    def __init__(self, *, key: str = "paper-key", port: int = 0) -> None:
        self.account = "P-1"
        self.keys = {key}
        self.positions: dict[str, tuple[Decimal, Decimal]] = {}
        self.trades: list[dict[str, str]] = []
        self.spoil: Spoil | None = None
        handler = type("BrokerHandler", (Handler,), {"broker": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", port), handler)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def start(self) -> threading.Thread:
        thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        return thread

    def trade(self, symbol: str, quantity: str, price: str, *, at: datetime) -> None:
        """Buy (+) or sell (-), at once and completely."""
        held, average = self.positions.pop(symbol, (Decimal(0), Decimal(price)))
        now = held + Decimal(quantity)
        if now:
            self.positions[symbol] = (now, average)
        self.trades.append({
            "seq": str(len(self.trades) + 1),
            "symbol": symbol,
            "quantity": quantity,
            "price": price,
            "at": at.isoformat(),
        })  # fmt: skip

    def answer(self, path: str, query: dict[str, str]) -> Any:
        """What a path says; None where there is no such path."""
        if path == "/v1/account":
            return {"id": self.account, "currency": "USD"}
        if path == "/v1/positions":
            rows = [
                {"symbol": symbol, "quantity": str(quantity), "average": str(average)}
                for symbol, (quantity, average) in self.positions.items()
            ]
            return {"positions": rows}
        if path == "/v1/trades":
            after = int(query.get("after", "0"))
            found = [row for row in self.trades if int(row["seq"]) > after]
            return {"trades": found[:PAGE], "more": len(found) > PAGE}
        return None


class Handler(BaseHTTPRequestHandler):
    """One connection to the broker."""

    broker: PaperBroker
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        key = self.headers.get("Authorization", "").removeprefix("Bearer ")
        found = self.broker.answer(parts.path, dict(parse_qsl(parts.query)))
        if key not in self.broker.keys:
            self.reply(401, b'{"message": "unknown key"}')
        elif found is None:
            self.reply(404, b'{"message": "no such path"}')
        else:
            body = json.dumps(found).encode()
            if self.broker.spoil is None or not self.broker.spoil(self, body):
                self.reply(200, body)

    def reply(self, status: int, body: bytes, *, length: int | None = None) -> None:
        """A status and a body; `length` may promise more than there is."""
        self.send_response_only(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""


if __name__ == "__main__":
    broker = PaperBroker(port=int(sys.argv[1]) if len(sys.argv) > 1 else 9300)
    broker.trade("AAPL", "10", "190.25", at=datetime.now(UTC))
    print(f"listening on {broker.address}, key paper-key; Ctrl-C ends it")
    try:
        broker.server.serve_forever()
    except KeyboardInterrupt:
        print()
