"""The product's syncs at one login, from the venue's real wire to the disk."""

import asyncio
import shutil
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from time import perf_counter

from benchmarks.clocks import Shifted
from tieout.cases.output import step_json
from tieout.core.book import Account, AccountId
from tieout.core.policy import default_policy
from tieout.ports import Read
from tieout.runs import Order, Parts, run
from tieout.store.sqlite import SqliteStore
from tieout.venues.registry import connect
from tieout.wiring.connected import Connected

CONNECTION = "benchmark"


class Login:
    """A connection and a book; the accounts are asked for where there is a new connection."""

    def __init__(
        self,
        venue: str,
        settings: Mapping[str, str],
        *,
        clock: Shifted,
        folder: Path,
        positions: int,
    ) -> None:
        self.read_s = 0.0  # of the last sync, until the last account was read
        self._venue = venue
        self._settings = settings
        self._clock = clock
        self._folder = folder
        self._positions = positions
        self._runs = 0
        self._loop = asyncio.Runner()
        self._connected: Connected | None = None
        self._store: SqliteStore | None = None
        self._accounts: list[Account] = []

    def begin(self) -> None:
        """A new book, and a new connection."""
        self.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        self._store = SqliteStore(self._folder / "tieout.db")
        self.reconnect()

    def reconnect(self) -> None:
        """Let go of the connection; the next sync makes another."""
        self._disconnect()
        venue = connect(self._venue, name=CONNECTION, settings=self._settings, clock=self._clock)
        self._connected = Connected(venue, CONNECTION)

    def sync(self) -> None:
        """Every account, at once."""
        self._loop.run(self._sync())

    def close(self) -> None:
        self._disconnect()
        if self._store is not None:
            self._store.close()
        self._store = None

    def _disconnect(self) -> None:
        if self._connected is not None:
            self._loop.run(self._connected.aclose())
        self._connected, self._accounts = None, []

    async def _sync(self) -> None:
        assert self._connected is not None
        assert self._store is not None
        begun = perf_counter()
        venue = _Timed(self._connected)
        parts = Parts(
            store=self._store, clock=self._clock, name_run=self._name, statement=step_json
        )
        self._accounts = self._accounts or list(await self._connected.accounts())
        orders = [
            Order(account=each, policy=default_policy(self._venue), trigger="schedule")
            for each in self._accounts
        ]
        finished = await asyncio.gather(*(run(each, venue=venue, parts=parts) for each in orders))
        self.read_s = venue.read_at - begun
        for each in finished:
            assert each.record.tied_out, (each.record.reason, each.record.statement[:2000])
        held = sum(
            bool(ledger.position) for each in finished for ledger in each.after.ledgers.values()
        )
        assert held == self._positions, held

    def _name(self, started_at: datetime) -> str:
        self._runs += 1
        return f"{started_at:%Y%m%d-%H%M%S}-{self._runs}"


class _Timed(Connected):
    """Tells when the last reading came in."""

    def __init__(self, connected: Connected) -> None:
        super().__init__(connected._venue, connected.name)
        self.read_at = 0.0

    async def read(self, account: AccountId, *, cursor: str | None) -> Read:
        found = await super().read(account, cursor=cursor)
        self.read_at = perf_counter()
        return found
