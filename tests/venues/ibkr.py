"""What the tests of the IBKR module have in common: a clock, a venue on a stub, and a stage."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from tieout.core.activity import Activity
from tieout.core.book import AccountId
from tieout.core.snapshot import Holding
from tieout.ports import Read
from tieout.testing.venue import Stage, Trouble
from tieout.venues.ibkr.address import Address
from tieout.venues.ibkr.flex_files import FlexFiles
from tieout.venues.ibkr.limits import Limits
from tieout.venues.ibkr.venue import IbkrVenue
from venues.alpaca import FakeClock
from venues.tws import Client, Said, TwsStub, commission, contract, execution

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
CLIENT = 7
QUICK = Limits(
    connect_s=5, request_s=5, reports_s=0.05, marks_s=0.2, heartbeat_s=5, answer_s=0.3,
    messages_per_s=0,  # the pace has its own test
)  # fmt: skip
AAPL = contract()
TSLA = contract("TSLA", con_id=76792991)
ES = contract(
    "ES", con_id=495512563, kind="FUT", expires="20261218", multiplier="50", exchange="",
    local_symbol="ESZ6", trading_class="ES",
)  # fmt: skip


def venue_at(
    stub: TwsStub,
    clock: FakeClock,
    *,
    limits: Limits = QUICK,
    account: str | None = None,
    address: Address | None = None,
    flex: FlexFiles | None = None,
) -> IbkrVenue:
    """The real module with the real SDK, at a stub."""
    return IbkrVenue(
        name="gateway",
        address=address or Address(host="127.0.0.1", port=stub.port),
        client_id=CLIENT,
        account=account,
        clock=clock,
        limits=limits,
        sleep=clock.sleep,
        flex=flex,
    )


def read(venue: IbkrVenue, *, account: str = "U1", cursor: str | None = None) -> Read:
    """One reading, from a program without an event loop."""
    return asyncio.run(venue.read(AccountId(account), cursor=cursor))


def only(found: Read) -> Holding:
    """The only holding of a reading."""
    (holding,) = found.snapshot.holdings
    return holding


def one(found: Read) -> Activity:
    """The only activity of a reading."""
    (activity,) = found.activities
    return activity


def error(code: int, text: str) -> Said:
    return lambda client: client.send("4", "2", "-1", code, text, "")


def _reset(client: Client) -> None:
    error(1300, "TWS socket port has been reset and this connection is being dropped")(client)
    client.hang_up()


def _cut(client: Client) -> None:
    client.raw(b"\0\0\0\x50" + b"61\x003\0U1\0")
    client.hang_up()


def nothing(_: Client) -> None:
    """Silence."""


TROUBLE: dict[Trouble, Said] = {
    "server_error": _reset,
    "rate_limit": error(100, "Max rate of messages per second has been exceeded"),
    "hang_up": Client.hang_up,
    "silence": nothing,
    "cut_body": _cut,
    "web_page": lambda client: client.raw(b"<html><body>Bad Gateway</body></html>"),
    "null": lambda client: client.send(""),
    "error_object": lambda client: client.send('{"error": "try again later"}'),
}


class IbkrStage(Stage):
    """A gateway of one's own, and the module in front of it."""

    long = "AAPL"
    short = "TSLA"
    secrets = ()

    def __init__(self, stub: TwsStub, clock: FakeClock) -> None:
        self.stub = stub
        self.clock = clock
        self.account = AccountId("U1")
        limits = replace(QUICK, connect_s=0.25, request_s=0.25, marks_s=0.05, answer_s=0.25)
        self.venue = venue_at(stub, clock, limits=limits)
        self._held: dict[str, Decimal] = {}
        self._number = 0

    def trade(self, symbol: str, quantity: str) -> None:
        listed = {"AAPL": AAPL, "TSLA": TSLA}[symbol]
        self._number += 1
        at = f"20261120-14:{self._number:02d}:00"
        name = f"0000e0d5.6576fd38.{self._number:02d}.01"
        self.stub.fill(execution(name, listed, quantity, "190", at=at), commission(name, "1.0"))
        total = self._held[symbol] = self._held.get(symbol, Decimal(0)) + Decimal(quantity)
        self.stub.hold(listed, str(total), "190.1" if total else "0.0")
        self.clock.at = self.clock.at.replace(hour=16)

    def trouble(self, kind: Trouble, *, times: int | None = None) -> None:
        said = TROUBLE[kind]
        if times is None:
            self.stub.instead = {each: [said] * 100 for each in ("61", "17")}
        else:
            self.stub.say_instead("61", *[said] * times)

    def heal(self) -> None:
        self.stub.instead = {}

    def revoke(self) -> None:
        self.stub.taken = {str(CLIENT)}
        self.stub.drop()

    def swap_account(self) -> None:
        self.stub.accounts = ["U9"]
        self.stub.positions = {}


def ibkr_stage() -> Iterator[IbkrStage]:
    """A stage with an empty account."""
    stub = TwsStub("U1")
    stage = IbkrStage(stub, FakeClock(NOW))
    try:
        yield stage
    finally:
        asyncio.run(stage.venue.aclose())
        stub.close()
