"""A stub of Hyperliquid's `/info` on loopback: accounts with positions and fills, or what is told.

It is for the tests of the venue module and knows just what they need. Fills are listed oldest
first from a time on, as far as a reply goes; `is_newest_first` lists the newest end instead.
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from venues.stub import Said, said

FILLS_MAX = 2000
ROWS_MAX = 500
NOT_UNDERSTOOD = b"Failed to deserialize the JSON body into the target type"
MAIN = "0x5e9ee1089755c3435139848e47e6635505d5a13a"
OTHER = "0xb7b6f3cea3f66bf525f5d8f965f6dbf6d9b017b2"
SUB = "0x1719884eb866cb12b2287399b15f7db5e7d775ea"
AGENT = "0x286edfa08c04f6899dab3bfdecf2dd133f9733b9"

Row = dict[str, Any]


@dataclass
class Person:
    """One address: what it is, holds and did."""

    role: Row = field(default_factory=lambda: {"role": "user"})
    positions: list[Row] = field(default_factory=list)
    balances: list[Row] = field(default_factory=list)
    fills: list[Row] = field(default_factory=list)
    funding: list[Row] = field(default_factory=list)
    ledger: list[Row] = field(default_factory=list)
    subs: list[Row] | None = None
    mode: str = "default"

    def position(self, coin: str) -> Row | None:
        return next((row["position"] for row in self.positions if _coin(row) == coin), None)


def _coin(row: Any) -> str:
    """The coin of a row; one that is told to be wrong has none."""
    inner = row.get("position") if isinstance(row, dict) else None
    return str(inner.get("coin")) if inner else ""


class HyperliquidStub:
    """Answers about `people`, unless told to say otherwise."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.people: dict[str, Person] = {MAIN: Person()}
        self.dexes: list[Row | None] = [None]
        self.metas: dict[str, Row] = {
            "": {"universe": [{"name": "BTC", "szDecimals": 5}, {"name": "ETH", "szDecimals": 4}]},
            "xyz": {"universe": [{"name": "xyz:TSLA", "szDecimals": 3}]},
            "flx": {"universe": [{"name": "flx:TSLA", "szDecimals": 3}], "collateralToken": 360},
        }
        self.spot_meta: Row = {
            "tokens": [
                {"name": "USDC", "index": 0, "szDecimals": 8},
                {"name": "PURR", "index": 1, "szDecimals": 0},
                {"name": "HYPE", "index": 150, "szDecimals": 2},
                {"name": "USDH", "index": 360, "szDecimals": 2},
            ],
            "universe": [
                {"name": "PURR/USDC", "index": 0, "tokens": [1, 0]},
                {"name": "@107", "index": 107, "tokens": [150, 0]},
                {"name": "@232", "index": 232, "tokens": [150, 360]},
            ],
        }
        self.mids: dict[str, str] = {"BTC": "60000.5", "@107": "24.31", "PURR/USDC": "0.2"}
        self.headers: dict[str, str] = {}
        self.asked: list[Row] = []
        self.is_newest_first = False
        self.before: Callable[[Row], None] = lambda body: None
        self.released = threading.Event()
        self._told: dict[str, list[Said]] = {}
        self._once: list[Said] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def main(self) -> Person:
        return self.people[MAIN]

    def say(self, kind: str, *replies: Said) -> None:
        """What to answer to a kind of question ("" for all) from now on; the last one stays."""
        self._told[kind] = list(replies)

    def say_once(self, *replies: Said) -> None:
        """What to answer to the very next questions, whatever they are."""
        self._once = list(replies)

    def heal(self) -> None:
        self._told.clear()
        self._once.clear()

    def kinds(self) -> list[str]:
        """The kinds of the questions since `forget`, sorted, with the dex of one that has one."""
        return sorted(
            each["type"] + (f":{each['dex']}" if each.get("dex") else "") for each in self.asked
        )

    def forget(self) -> None:
        self.asked.clear()

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def milliseconds(self) -> int:
        return int(self._now().timestamp() * 1000)

    def trade(self, coin: str, quantity: str, price: str, *, user: str = MAIN, **row: Any) -> Row:
        """A fill of a perpetual now, and the position after it."""
        person = self.people[user]
        held = person.position(coin)
        start = Decimal(held["szi"]) if held else Decimal(0)
        size = Decimal(quantity)
        fill = {
            "coin": coin,
            "px": price,
            "sz": str(abs(size)),
            "side": "B" if size > 0 else "A",
            "time": self.milliseconds(),
            "startPosition": str(start),
            "dir": "Open Long" if size > 0 else "Open Short",
            "closedPnl": "0.0",
            "hash": f"0x{len(person.fills):064x}",
            "oid": 1000 + len(person.fills),
            "crossed": True,
            "fee": "0.0",
            "tid": 7_000_000 + len(person.fills),
            "feeToken": "USDC",
            "twapId": None,
            **row,
        }
        person.fills.append(fill)
        person.positions = [each for each in person.positions if _coin(each) != coin]
        if start + size:
            person.positions.append(position(coin, str(start + size), price))
        return fill

    def reply_to(self, body: Row) -> Said:
        self.before(body)
        with self._lock:
            self.asked.append(body)
            if self._once:
                return self._once.pop(0)
            told = self._told.get(body["type"]) or self._told.get("")
            if told:
                return told.pop(0) if len(told) > 1 else told[0]
            return self._answer(body)

    def _answer(self, body: Row) -> Said:
        tables: dict[str, Callable[[], Any]] = {
            "meta": lambda: self.metas.get(body.get("dex", ""), {"universe": []}),
            "spotMeta": lambda: self.spot_meta,
            "perpDexs": lambda: self.dexes,
            "allMids": lambda: self.mids,
        }
        if body["type"] in tables:
            return said(tables[body["type"]]())
        person = self.people.get(body["user"], Person(role={"role": "missing"}))
        own: dict[str, Callable[[], Any]] = {
            "clearinghouseState": lambda: self._state(person, body.get("dex", "")),
            "spotClearinghouseState": lambda: {"balances": person.balances},
            "userFillsByTime": lambda: self._page(person.fills, body, FILLS_MAX),
            "userFunding": lambda: self._page(person.funding, body, ROWS_MAX),
            "userNonFundingLedgerUpdates": lambda: self._page(person.ledger, body, ROWS_MAX),
            "userRole": lambda: person.role,
            "subAccounts": lambda: person.subs,
            "userAbstraction": lambda: person.mode,
            "userRateLimit": lambda: {"cumVlm": "0.0", "nRequestsUsed": 5, "nRequestsCap": 10000},
            "extraAgents": list,
        }
        if body["type"] not in own:
            return Said(
                status=422, body=b"Failed to deserialize the JSON body into the target type"
            )
        return said(own[body["type"]]())

    def _state(self, person: Person, dex: str) -> Row:
        rows = [row for row in person.positions if _dex(_coin(row)) == dex]
        summary = {"accountValue": "1000.0", "totalNtlPos": "0.0", "totalRawUsd": "1000.0"}
        return {
            "marginSummary": summary,
            "crossMarginSummary": summary,
            "withdrawable": "1000.0",
            "assetPositions": rows,
            "time": self.milliseconds(),
        }

    def _page(self, rows: list[Row], body: Row, most: int) -> list[Row]:
        end = body.get("endTime")
        fit = [
            row
            for row in sorted(rows, key=lambda row: row["time"])
            if row["time"] >= body["startTime"] and (end is None or row["time"] <= end)
        ]
        if not self.is_newest_first:
            return fit[:most]
        return sorted(fit[-most:], key=lambda row: -row["time"])


def position(coin: str, size: str, entry: str, **fields: Any) -> Row:
    """A row of `assetPositions`, valued at its entry; a field set to ... is left out."""
    row = {
        "coin": coin,
        "szi": size,
        "entryPx": entry,
        "leverage": {"type": "cross", "value": 20},
        "liquidationPx": None,
        "marginUsed": "1.0",
        "maxLeverage": 50,
        "positionValue": str(abs(Decimal(size)) * Decimal(entry or "0")),
        "returnOnEquity": "0.0",
        "unrealizedPnl": "0.0",
        "cumFunding": {"allTime": "0.0", "sinceOpen": "0.0", "sinceChange": "0.0"},
        **fields,
    }
    kept = {name: value for name, value in row.items() if value is not ...}
    return {"type": "oneWay", "position": kept}


def _dex(coin: str) -> str:
    return coin.partition(":")[0] if ":" in coin else ""


def _handler(stub: HyperliquidStub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body: Mapping[str, Any] = json.loads(
                self.rfile.read(int(self.headers["Content-Length"]))
            )
            reply = stub.reply_to({**body, "path": self.path})
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
