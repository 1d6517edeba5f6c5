"""Tieout inside another program: `import tieout`.

    async with tieout.open() as book:
        answers = await book.sync("main")
        for line in book.positions("main"):
            print(line["symbol"], line["quantity"])

Settings come from `tieout.toml` and the environment, as for the commands. A bot that wants its
book kept while it trades uses the scheduler, whose names are those of seed 002:

    scheduler = tieout.get_scheduler()
    await scheduler.start()
    scheduler.after_trade()      # never waits, never fails
    scheduler.get_status()["position_sync"]["stats"]["total_syncs"]
"""

import asyncio
import logging
import os
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import structlog

from tieout.core.book import Account
from tieout.core.errors import TieoutError
from tieout.ports import AlreadyServed, Venue
from tieout.runs.log import Logger
from tieout.runs.statistics import position_sync, result_of, summary_of
from tieout.settings import Settings, read_settings
from tieout.wiring.desk import Answer, Desk, open_desk
from tieout.wiring.material import break_json, lines_of, position_json
from tieout.wiring.opening import open_service
from tieout.wiring.service import Service

__all__ = [
    "AlreadyServed",
    "OpenBook",
    "PositionSyncService",
    "Scheduler",
    "connect",
    "forget_schedulers",
    "get_position_sync_service",
    "get_scheduler",
    "open",
    "plan",
    "sync",
]
_one_at_a_time = threading.Lock()
_schedulers: dict[str, "Scheduler"] = {}


class OpenBook:
    """A book and the connections of its settings, open until `aclose`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def __aenter__(self) -> "OpenBook":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Let go of connections and of the book."""
        await self._desk.aclose()

    async def sync(self, *accounts: str) -> list[Answer]:
        """Tie these accounts out (all for none). One answer for each; errors are in it."""
        return await self._desk.sync(accounts)

    async def plan(self, *accounts: str) -> list[Answer]:
        """What `sync` would do now; nothing is written."""
        return await self._desk.sync(accounts, is_plan=True)

    def accounts(self) -> list[Account]:
        """The accounts in the book."""
        return list(self._desk.store.accounts())

    def positions(self, account: str | None = None) -> list[dict[str, Any]]:
        """The open positions of an account, of all for None, what is wrong first.

        The keys are those of GET /api/positions; quantities, prices and money are Decimals.
        """
        found: list[dict[str, Any]] = []
        for each in self._chosen(account):
            book = self._desk.store.load(each).book
            name = self._desk.name_of(each.id)
            lines = lines_of(
                each.id, book.ledgers.values(), book.marks, name=name, synced_at=book.state.as_of
            )
            found += map(position_json, lines)
        return found

    def breaks(self, account: str | None = None) -> list[dict[str, Any]]:
        """The open breaks of an account, of all for None, with the keys of GET /api/breaks."""
        return [
            break_json(self._desk.name_of(each.id), found)
            for each in self._chosen(account)
            for found in self._desk.store.breaks(each.id)
        ]

    def _chosen(self, account: str | None) -> list[Account]:
        return self.accounts() if account is None else [self._desk.account(account)]


def open(config: str | Path | None = None) -> OpenBook:  # noqa: A001 - `tieout.open`
    """Open the book that the settings name; nothing goes over the network yet."""
    return OpenBook(open_desk(_settings(config)))


def connect(connection: str, *, config: str | Path | None = None) -> Venue:
    """The venue behind a connection of the settings, to read from; `aclose` it afterwards."""
    from tieout.wiring.clock import SystemClock
    from tieout.wiring.desk import connected

    return connected(_settings(config).connection(connection), clock=SystemClock())


async def sync(*accounts: str, config: str | Path | None = None) -> list[Answer]:
    """Tie accounts out once (all for none): open, sync, close."""
    async with open(config) as book:
        return await book.sync(*accounts)


async def plan(*accounts: str, config: str | Path | None = None) -> list[Answer]:
    """What a sync would do now; nothing is written."""
    async with OpenBook(open_desk(_settings(config), is_plan=True)) as book:
        return await book.plan(*accounts)


class PositionSyncService:
    """Seed 002's service: syncs when asked, also while the scheduler runs."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def sync_positions(self, account_id: int | str | None = None) -> dict[str, Any]:
        """Sync now; what was created, updated and removed, and errors in words.

        `account_id` is an account's name, or its number in the book, from 1. None means
        POSITION_SYNC_DEFAULT_ACCOUNT_ID, else all. An error is in the result, not raised.
        """
        named = None if account_id is None else str(account_id)
        try:
            answers = await self._service.sync(named)
        except TieoutError as error:
            return _result(created=[], updated=[], removed=[], errors=[str(error)])
        result = result_of(each.finished.record for each in answers if each.finished is not None)
        result["errors"] += [str(each.error) for each in answers if each.error is not None]
        return _result(**result)

    def get_stats(self) -> dict[str, Any]:
        """Seed 002's `stats`, counted from the stored runs."""
        stats: dict[str, Any] = position_sync(self._service.state(), self._service.totals())[
            "stats"
        ]
        return stats


class Scheduler:
    """Seed 002's scheduler: keeps the accounts tied out in the background of a program."""

    def __init__(self, settings: Settings) -> None:
        self.service = open_service(settings, logger=_logger())
        self.position_sync = PositionSyncService(self.service)
        self._serving = ExitStack()
        self._one_at_a_time = threading.Lock()

    async def start(self) -> None:
        """Begin: the first run comes after ten seconds, the others by the schedule.

        Raises AlreadyServed where another service keeps the book, a `tieout serve` as well.
        """
        await asyncio.to_thread(self._start)

    def _start(self) -> None:
        with self._one_at_a_time:
            if not self.service.is_alive:
                self._serving.close()  # of one that died
                lease = self.service.store.serving(self.service.timer.now())
                self._serving.enter_context(lease)
            self.service.start()

    async def stop(self) -> bool:
        """Stop once runs in progress have finished; whether they did within the limit."""
        return await asyncio.to_thread(self._stop)

    def _stop(self) -> bool:
        limit_s = float(self.service.desk.settings.service.stop_limit_s)
        with self._one_at_a_time:
            try:
                return self.service.stop(limit_s=limit_s)
            finally:
                self._serving.close()  # the book may have another service now

    async def pause(self) -> None:
        """Skip the schedule until `resume`."""
        await self.service.pause()

    async def resume(self) -> None:
        """Go by the schedule again."""
        await self.service.resume()

    def after_trade(self, account_id: int | str | None = None) -> None:
        """A trade was executed: a run follows soon, if `sync_on_trade` is on.

        It returns at once and never raises, whatever becomes of the run.
        """
        self.service.after_trade(None if account_id is None else str(account_id))

    def get_status(self) -> dict[str, Any]:
        """Whether it runs, when the next run is due, and seed 002's `position_sync`."""
        state = self.service.state()
        return {
            "running": self.service.is_alive,
            "paused": self.service.is_paused,
            "next_run_time": state.next_run_at,
            "position_sync": position_sync(state, self.service.totals()),
        }


def get_scheduler(config: str | Path | None = None) -> Scheduler:
    """The scheduler of this process for a book; the same object each time."""
    settings = _settings(config)
    with _one_at_a_time:
        if settings.store_url not in _schedulers:
            _schedulers[settings.store_url] = Scheduler(settings)
        return _schedulers[settings.store_url]


def forget_schedulers() -> list[Scheduler]:
    """Have `get_scheduler` make new ones, with settings read anew; those that there were."""
    with _one_at_a_time:
        known = list(_schedulers.values())
        _schedulers.clear()
    return known


def get_position_sync_service(config: str | Path | None = None) -> PositionSyncService:
    """Seed 002's way to sync by hand: the service behind `get_scheduler`."""
    return get_scheduler(config).position_sync


def _logger() -> Logger:
    """The logger `tieout` of the program we are in; facts are attributes of its records."""
    made: Logger = structlog.wrap_logger(
        logging.getLogger("tieout"),
        wrapper_class=structlog.stdlib.BoundLogger,
        processors=[structlog.stdlib.render_to_log_kwargs],
    )
    return made


def _result(**lists: list[str]) -> dict[str, Any]:
    return {"success": not lists["errors"], **lists, "summary": summary_of(lists)}


def _settings(config: str | Path | None, environment: Mapping[str, str] = os.environ) -> Settings:
    given = None if config is None else Path(config)
    return read_settings(given, environment=environment, folder=Path.cwd())
