"""A stub of Coinbase on loopback, with TLS: a portfolio and a gateway, or what is told.

It is for the tests of the venue module and knows just what they need. Signatures are checked as
the real one does: by the public key, and for the very path that is asked.
"""

import json
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt

from venues.coinbase_gateway_lists import AUTH, GATEWAY, GatewayLists
from venues.coinbase_keys import identity, server_tls
from venues.coinbase_rows import (
    KEY,
    NANO,
    PORTFOLIO,
    TOKEN,
    Row,
    fill,
    future,
    nano,
    rpc,
    rpc_error,
    spot,
    wallet,
)
from venues.stub import Said, said

REST = "/api/v3/brokerage"
ACCOUNTS = f"{REST}/accounts"
FILLS = f"{REST}/orders/historical/fills"
FUTURES = f"{REST}/cfm/positions"
PERMISSIONS = f"{REST}/key_permissions"
PORTFOLIOS = f"{REST}/portfolios"
PRODUCTS = f"{REST}/products"

ENVELOPE = b'{"jsonrpc": "2.0", "id": 1,'  # as `rpc` writes it


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request as it arrived."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Row


@dataclass
class Login:
    """What a key may do."""

    portfolio: str = PORTFOLIO
    can_trade: bool | None = False
    can_transfer: bool | None = False
    has_gateway: bool = True


class CoinbaseStub(GatewayLists):
    """Answers from `wallets`, `fills` and so on, unless told to say otherwise."""

    def __init__(self, now: Callable[[], datetime], *, has_tls: bool = True) -> None:
        super().__init__()
        self._now = now
        self.login = Login()
        self.wallets: list[Row] = [wallet("USD", "10000.50", "450.00", kind="FIAT")]
        self.spot: list[Row] = []
        self.futures: list[Row] = []
        self.named_futures: list[Row] | None = None
        self.named_perpetuals: list[Row] = []
        self.fills: list[Row] = []
        self.transactions: dict[str, list[Row]] = {}
        self.portfolios: list[Row] = [{"name": "Default", "uuid": PORTFOLIO, "type": "DEFAULT"}]
        self.products: dict[str, Row] = {NANO: nano()}
        self.names_portfolios = True
        self.headers: dict[str, str] = {}
        self.asked: list[Asked] = []
        self.before: Callable[[Asked], None] = lambda asked: None
        self.released = threading.Event()
        self._told: dict[str, list[Said]] = {}
        self._told_of: dict[tuple[str, int], Said] = {}
        self._once: list[Said] = []
        self._lock = threading.RLock()
        self._scheme = "https" if has_tls else "http"
        self._server = _QuietServer(("127.0.0.1", 0), _handler(self))
        if has_tls:
            self._server.socket = server_tls().wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        )
        self._thread.start()

    @property
    def address(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_port}"

    def say(self, path: str, *replies: Said) -> None:
        """What to answer on a path ("" for all) from now on, in order; the last one stays."""
        self._told[path] = list(replies)

    def say_of(self, slot: int, path: str, reply: Said) -> None:
        """What to answer on a path to who asks for this slot."""
        self._told_of[path, slot] = reply

    def say_once(self, *replies: Said) -> None:
        """What to answer to the very next requests, whatever they are."""
        self._once = list(replies)

    def heal(self) -> None:
        self._told.clear()
        self._told_of.clear()
        self._once.clear()

    def paths(self) -> list[str]:
        """What was asked since `forget`, sorted."""
        return sorted(each.path for each in self.asked)

    def forget(self) -> None:
        self.asked.clear()

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def hold(self, currency: str, available: str, hold: str = "0", cost: str | None = None) -> None:
        """The wallet of a coin from now on, and what the breakdown says of it."""
        self.wallets = [row for row in self.wallets if row["currency"] != currency]
        self.wallets.append(wallet(currency, available, hold, portfolio=self._named()))
        total = Decimal(available) + Decimal(hold)
        self.spot = [row for row in self.spot if row["asset"] != currency]
        if total:
            self.spot.append(spot(currency, float(total), cost))

    def trade(self, product: str, quantity: str, price: str = "100", **row: Any) -> Row:
        """A fill now, and what is held after it."""
        size = Decimal(quantity)
        found = fill(
            len(self.fills) + 1,
            self._now(),
            product_id=product,
            side="BUY" if size > 0 else "SELL",
            size=str(abs(size)),
            price=price,
            **row,
        )
        self.fills.append(found)
        if product.endswith("-CDE"):
            self._contracts(product, size, price)
        else:
            currency = product.partition("-")[0]
            rows = [row for row in self.wallets if row["currency"] == currency]
            held = Decimal(rows[0]["available_balance"]["value"]) if rows else Decimal(0)
            self.hold(currency, str(held + size), cost=str((held + size) * Decimal(price)))
        return found

    def _contracts(self, product: str, size: Decimal, price: str) -> None:
        held = {row["product_id"]: row for row in self.futures}
        row = held.pop(product, None)
        sign = -1 if row and row["side"] == "SHORT" else 1
        total = size + (sign * Decimal(row["number_of_contracts"]) if row else 0)
        self.futures = list(held.values())
        if total:
            self.futures.append(future(product, str(total), price))

    def _named(self) -> str | None:
        return self.login.portfolio if self.names_portfolios else None

    def reply_to(self, asked: Asked) -> Said:
        """What is said; an envelope that begins as `rpc` has it repeats the number asked with."""
        found = self._reply_to(asked)
        if not asked.path.startswith(GATEWAY):
            return found
        own = f'{{"jsonrpc": "2.0", "id": {asked.body.get("id")},'.encode()
        return replace(found, body=found.body.replace(ENVELOPE, own, 1))

    def _reply_to(self, asked: Asked) -> Said:
        self.before(asked)
        with self._lock:
            self.asked.append(asked)
            if self._once:
                return self._once.pop(0)
            told = self._told.get(asked.path) or self._told.get("")
            if told:
                return told.pop(0) if len(told) > 1 else told[0]
            of_slot = (asked.path, asked.body.get("params", {}).get("subaccount_id"))
            return self._told_of.get(of_slot) or self._answer(asked)

    def _answer(self, asked: Asked) -> Said:
        if asked.path.startswith(GATEWAY):
            return self._answer_rpc(asked)
        if not _is_signed(asked):
            return Said(status=401, body=b"Unauthorized")
        tables: dict[str, Callable[[], Any]] = {
            ACCOUNTS: lambda: self._accounts(asked.query),
            FILLS: lambda: self._fills(asked.query),
            FUTURES: lambda: {"positions": self.futures},
            PERMISSIONS: self._permissions,
            PORTFOLIOS: lambda: {"portfolios": self.portfolios},
            f"{PORTFOLIOS}/{self.login.portfolio}": self._breakdown,
        }
        if asked.path in tables:
            return said(tables[asked.path]())
        if asked.path.startswith(f"{PRODUCTS}/"):
            name = asked.path.rpartition("/")[2]
            if name in self.products:
                return said(self.products[name])
        if asked.path.startswith("/v2/accounts/"):
            uuid = asked.path.split("/")[3]
            if uuid in self.transactions:
                return said(self._transactions(self.transactions[uuid], asked.query))
        return said({"error": "NOT_FOUND", "message": "nothing is here"}, status=404)

    def _permissions(self) -> Row:
        return {
            "can_view": True,
            "can_trade": self.login.can_trade,
            "can_transfer": self.login.can_transfer,
            "portfolio_uuid": self.login.portfolio,
            "portfolio_type": "DEFAULT",
        }

    def _accounts(self, query: Mapping[str, str]) -> Row:
        rows = [{**row, "retail_portfolio_id": self._named()} for row in self.wallets]
        start = int(query.get("cursor", "0"))
        end = start + min(int(query.get("limit", "49")), self.page_rows_max)
        has_next = end < len(rows)
        return {
            "accounts": rows[start:end],
            "has_next": has_next,
            "cursor": str(end) if has_next else "",
            "size": len(rows[start:end]),
        }

    def _fills(self, query: Mapping[str, str]) -> Row:
        start, end = query.get("start_sequence_timestamp"), query.get("end_sequence_timestamp")
        rows = [
            row
            for row in sorted(self.fills, key=_sequence, reverse=True)
            if (start is None or _sequence(row) >= _at(start))
            and (end is None or _sequence(row) <= _at(end))
        ]
        first = int(query.get("cursor", "0"))
        last = first + min(int(query.get("limit", "100")), self.page_rows_max)
        return {"fills": rows[first:last], "cursor": str(last) if last < len(rows) else ""}

    def _breakdown(self) -> Row:
        names = [{"product_id": row["product_id"]} for row in self.futures]
        return {
            "breakdown": {
                "portfolio": {"name": "Default", "uuid": self.login.portfolio, "type": "DEFAULT"},
                "portfolio_balances": {},
                "spot_positions": self.spot,
                "perp_positions": self.named_perpetuals,
                "futures_positions": names if self.named_futures is None else self.named_futures,
            }
        }

    def _transactions(self, rows: list[Row], query: Mapping[str, str]) -> Row:
        ids = [row["id"] for row in rows]
        start = ids.index(query["starting_after"]) + 1 if "starting_after" in query else 0
        page = rows[start : start + self.page_rows_max]
        has_more = start + len(page) < len(rows)
        return {"pagination": {"next_uri": "/v2/more" if has_more else None}, "data": page}

    def _answer_rpc(self, asked: Asked) -> Said:
        if asked.path == AUTH:
            return self._sign_in(asked.body["params"])
        if asked.headers.get("Authorization") != f"Bearer {TOKEN}":
            return rpc_error(13009, "unauthorized")
        return self.answer_of_gateway(asked.path, asked.body["params"])

    def _sign_in(self, params: Row) -> Said:
        if not self.login.has_gateway:
            return rpc_error(13004, "invalid_credentials")
        _decoded(params["token"])
        assert params["grant_type"] == "coinbase_cdp"
        return rpc({"access_token": TOKEN, "expires_in": 3600, "token_type": "bearer"})


def _decoded(token: str) -> Row:
    found: Row = jwt.decode(
        token, identity().public, algorithms=["ES256"], options={"verify_nbf": False}
    )
    return found


def _is_signed(asked: Asked) -> bool:
    token = asked.headers.get("Authorization", "").removeprefix("Bearer ")
    try:
        found = _decoded(token)
    except jwt.PyJWTError:
        return False
    return found["sub"] == KEY and found["uri"] == f"GET {asked.headers['Host']}{asked.path}"


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _sequence(row: Row) -> datetime:
    return _at(row["sequence_timestamp"])


class _QuietServer(ThreadingHTTPServer):
    """Says nothing of clients that hang up or do not trust it."""

    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        pass


def _handler(stub: CoinbaseStub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            if isinstance(self.request, ssl.SSLSocket):
                self.request.do_handshake()
            super().setup()

        def do_GET(self) -> None:
            self._reply()

        def do_POST(self) -> None:
            self._reply()

        def _reply(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            asked = Asked(
                path=parts.path,
                query=dict(parse_qsl(parts.query)),
                headers=dict(self.headers),
                body=json.loads(body or b"{}"),
            )
            reply = stub.reply_to(asked)
            self.close_connection = reply.held or reply.hung_up or reply.cut is not None
            if reply.held:
                stub.released.wait()
            if reply.hung_up or reply.held:
                return
            self.send_response_only(reply.status)
            for name, value in {**stub.headers, **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body[: reply.cut])

        def log_message(self, *_: object) -> None:
            pass

    return Handler
