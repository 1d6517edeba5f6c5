"""A simulated Alpaca with one account, and a folder with settings for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from tieout.simulators.alpaca import AlpacaSimulator, running
from tieout.simulators.alpaca_wire import Dialect
from tieout.simulators.faults import EmptyList, Fault, Status
from tieout.simulators.market import Market

SETTINGS = """
[store]
url = "sqlite:///book.db"

[[connections]]
name = "paper"
venue = "alpaca"
address = "{address}"
key = "{key}"
secret = "{secret}"

[accounts."paper/{number}"]
name = "main"
"""


class Broker:
    """It was opened some hours ago; what happens at it after `goes_live` happens now."""

    def __init__(self) -> None:
        self._behind = timedelta(hours=6)
        self.market = Market(clock=self._now, chance=Random(1))
        self.market.open_account("main", cash="1000000")
        # As many calls as a test needs: Alpaca's own limit has its test.
        patient = Dialect(requests_per_minute=1_000_000)
        self.simulator = AlpacaSimulator(self.market, dialect=patient)

    def _now(self) -> datetime:
        return datetime.now(UTC) - self._behind

    def goes_live(self) -> None:
        self._behind = timedelta()

    def trade(self, symbol: str, quantity: str, price: str = "100") -> None:
        if symbol not in self.market.prices:
            self.market.list_asset(symbol, price=price)
        self.market.set_price(symbol, price)
        self.market.trade("main", symbol, quantity)

    def answer_empty(self, *, times: int | None = 1) -> None:
        fault = Fault(EmptyList(), path="/v2/positions", method="GET", times=times)
        self.simulator.faults.add(fault)

    def refuse(self, status: int, *, times: int | None = None) -> None:
        self.simulator.faults.add(Fault(Status(status), path="/v2/*", times=times))

    def mend(self) -> None:
        self.simulator.faults.remove(None)

    def write_settings(self, folder: Path, *, account: str = "main") -> Path:
        keys = self.simulator.credentials(account)
        path = folder / "tieout.toml"
        path.write_text(
            SETTINGS.format(
                address=self.simulator.address,
                key=keys.key_id,
                secret=keys.secret_key,
                number=self.market.account("main").number,
            ),
            encoding="utf-8",
        )
        return path


@contextmanager
def open_broker(folder: Path) -> Iterator[Broker]:
    """A broker that answers, and its settings in the folder."""
    broker = Broker()
    with running(broker.simulator):
        broker.write_settings(folder)
        yield broker
