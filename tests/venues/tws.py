"""A small TWS on loopback: speaks its frames from a few lists, as well or badly as it is told."""

import socket
import struct
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

UNSET = "1.7976931348623157E308"
VERSION = 178
HANDSHAKE = b"API\0"
ABOUT_ACCOUNTS = {"6", "7", "17", "61"}

Said = Callable[["Client"], None]


def contract(symbol: str = "AAPL", *, con_id: int = 265598, **fields: str) -> list[str]:
    """The eleven fields of a contract; a stock unless told otherwise."""
    given = {
        "kind": "STK", "expires": "", "strike": "0.0", "right": "", "multiplier": "",
        "exchange": "NASDAQ", "currency": "USD", "local_symbol": symbol, "trading_class": "NMS",
    }  # fmt: skip
    return [str(con_id), symbol, *{**given, **fields}.values()]


def execution(
    execution_id: str,
    listed: Sequence[str],
    quantity: str,
    price: str,
    *,
    account: str = "U1",
    at: str = "20261120-14:30:00",
    liquidation: str = "0",
    model: str = "",
) -> list[str]:
    """The fields of an execution after the request; a sale has a minus."""
    side, shares = ("SLD", quantity[1:]) if quantity.startswith("-") else ("BOT", quantity)
    return [
        "7", *listed, execution_id, at, account, "ISLAND", side, shares, price, "1", "3",
        liquidation, shares, price, "", "", UNSET, model, "1", "0",
    ]  # fmt: skip


def commission(
    execution_id: str, amount: str = "1.0", *, currency: str = "USD", realized: str = UNSET
) -> list[str]:
    """A commission report: yield and its date are those of bonds."""
    return ["59", "1", execution_id, amount, currency, realized, UNSET, ""]


@dataclass
class Client:
    """One connection. `send` writes one message."""

    socket: socket.socket
    stub: "TwsStub"
    id: str = ""
    wants_positions: bool = False
    subscribed: str | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, *fields: object) -> None:
        payload = "".join(f"{each}\0" for each in fields).encode()
        self.raw(struct.pack(">I", len(payload)) + payload)

    def raw(self, data: bytes) -> None:
        with self.lock:
            try:
                for start in range(0, len(data), self.stub.piece_bytes or len(data)):
                    self.socket.sendall(data[start : start + (self.stub.piece_bytes or len(data))])
            except OSError:
                return

    def hang_up(self) -> None:
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            return


class TwsStub:
    """Answers from `positions`, `executions`, `commissions` and `portfolio`."""

    def __init__(self, *accounts: str) -> None:
        self.accounts = list(accounts or ("U1",))
        self.currencies: dict[str, str] = {}
        self.positions: dict[tuple[str, str], list[str]] = {}
        self.extra_rows: list[list[str]] = []
        self.executions: list[list[str]] = []
        self.commissions: dict[str, list[str]] = {}
        self.portfolio: dict[str, list[list[str]]] = {}
        self.silent: set[str] = set()
        self.instead: dict[str, list[Said]] = {}
        self.taken: set[str] = set()
        self.is_read_only = True
        self.version = VERSION
        self.is_logged_on = True
        self.piece_bytes: int | None = None
        self.now = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
        self.asked: list[list[str]] = []
        self.asked_at_s: list[float] = []
        self.clients: list[Client] = []
        self._arrivals: list[tuple[str, int, threading.Event]] = []
        self._lock = threading.Lock()
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # of its clients too
        self.port = self._server.getsockname()[1]
        self._threads: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept)
        self._accepting.start()

    # What happens

    def hold(self, listed: Sequence[str], quantity: str, cost: str, *, account: str = "U1") -> None:
        """An account holds so much of a contract."""
        self.positions[account, listed[0]] = [
            "61", "3", account, *listed, quantity, cost,
        ]  # fmt: skip

    def fill(self, row: list[str], report: list[str] | None) -> None:
        """An execution is known from now on."""
        self.executions.append(row)
        if report is not None:
            self.commissions[row[12]] = report

    def push(self, *fields: object) -> None:
        """Tell all clients."""
        for client in list(self.clients):
            client.send(*fields)

    def drop(self) -> None:
        """End all connections."""
        for client in list(self.clients):
            client.hang_up()

    def calls(self, kind: str) -> int:
        return sum(each[0] == kind for each in self.asked)

    def arrival_of(self, kind: str, *, count: int) -> threading.Event:
        """Set once so many requests of a kind have come."""
        event = threading.Event()
        self._arrivals.append((kind, count, event))
        return event

    def messages_in_a_second(self) -> int:
        """The most messages that came within any one second."""
        times = self.asked_at_s
        return max(sum(0 <= at - start < 1 for at in times) for start in times)

    def say_instead(self, kind: str, *replies: Said) -> None:
        """The next answers to a request; after them it is as before."""
        self.instead[kind] = list(replies)

    def close(self) -> None:
        if self._server.fileno() < 0:
            return
        self._server.shutdown(socket.SHUT_RDWR)  # wakes who accepts
        self.drop()
        self._accepting.join()
        self._server.close()
        for thread in self._threads:
            thread.join()

    # The wire

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            client = Client(connection, self)
            thread = threading.Thread(target=self._serve, args=(client,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: Client) -> None:
        stream = client.socket.makefile("rb")
        try:
            if stream.read(len(HANDSHAKE)) != HANDSHAKE or not _frame(stream):
                return
            self.clients.append(client)
            if self.is_logged_on:
                client.send(self.version, "20261120 10:00:00 US/Eastern")
            while fields := _frame(stream):
                with self._lock:
                    self.asked.append(fields)
                    self.asked_at_s.append(time.monotonic())
                    self._answer(client, fields)
                    self._note_arrivals()
        except OSError:
            return
        finally:
            if client in self.clients:
                self.clients.remove(client)
            client.socket.close()

    def _note_arrivals(self) -> None:
        for kind, count, event in self._arrivals:
            if self.calls(kind) >= count:
                event.set()

    def _answer(self, client: Client, fields: list[str]) -> None:
        kind = fields[0]
        if self.instead.get(kind):
            self.instead[kind].pop(0)(client)
        elif kind not in self.silent:
            answer: Any = getattr(self, f"_answer_{kind}", None)
            if answer is not None:
                answer(client, fields)

    def _answer_71(self, client: Client, fields: list[str]) -> None:
        client.id = fields[2]
        if client.id in self.taken:
            client.send("4", "2", "-1", "326", "Unable to connect as the client id is in use", "")
            client.hang_up()
            return
        self._answer_17(client, fields)
        client.send("9", "1", "1")

    def _answer_17(self, client: Client, _: list[str]) -> None:
        client.send("15", "1", ",".join(self.accounts))

    def _answer_61(self, client: Client, _: list[str]) -> None:
        client.wants_positions = True
        for row in [*self.positions.values(), *self.extra_rows]:
            client.send(*row)
        client.send("62", "1")

    def _answer_7(self, client: Client, fields: list[str]) -> None:
        for row in self.executions:
            client.send("11", fields[2], *row)
            if row[12] in self.commissions:
                client.send(*self.commissions[row[12]])
        client.send("55", "1", fields[2])

    def _answer_6(self, client: Client, fields: list[str]) -> None:
        account = fields[3]
        client.subscribed = account if fields[2] == "1" else None
        if client.subscribed is None:
            return
        for row in self.portfolio.get(account, []):
            client.send("7", "8", *row, account)
        client.send("8", "1", "10:00")
        client.send("54", "1", account)

    def _answer_62(self, client: Client, fields: list[str]) -> None:
        for account in self.accounts:
            currency = self.currencies.get(account, "USD")
            client.send("63", "1", fields[2], account, "NetLiquidation", "1000.5", currency)
        client.send("64", "1", fields[2])

    def _answer_49(self, client: Client, _: list[str]) -> None:
        client.send("49", "1", int(self.now.timestamp()))

    def _answer_5(self, client: Client, _: list[str]) -> None:
        if self.is_read_only:
            cause = "cause - The API interface is currently in Read-Only mode."
            client.send("4", "2", "-1", "321", f"Error validating request.-'bN' : {cause}", "")
        else:
            client.send("53", "1")


def _frame(stream: Any) -> list[str]:
    """The fields of the next message; none at the end."""
    head = stream.read(4)
    if len(head) < 4:
        return []
    payload: bytes = stream.read(struct.unpack(">I", head)[0])
    text = payload.decode()
    return text.split("\0")[:-1] if text.endswith("\0") else [text]
