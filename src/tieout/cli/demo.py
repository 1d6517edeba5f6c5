"""`tieout demo`: a simulated broker to whom things happen, and a book that is kept true to it."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from tieout.cli.frame import AsJson
from tieout.cli.output import TIED_OUT, console, program, progress, tell

if TYPE_CHECKING:
    from tieout.cli.demo_screen import Screen
    from tieout.simulators.alpaca import AlpacaSimulator
    from tieout.wiring import Desk

CONNECTION = "alpaca-demo"
SEED = 1
DAYS_BACK = 7
LEAP = timedelta(hours=3)


def demo(
    is_once: Annotated[bool, typer.Option("--once", help="One round, then stop.")] = False,
    rounds: Annotated[
        int | None, typer.Option("--rounds", min=1, metavar="N", help="Stop after so many.")
    ] = None,
    interval_s: Annotated[
        float, typer.Option("--interval", min=0, max=3600, metavar="S", help="Seconds between two.")
    ] = 4.0,
    db: Annotated[
        Path | None,
        typer.Option("--db", metavar="FILE", help="Keep the book here, not in a temporary folder."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Watch a book being kept true to a simulated broker.

    Fills, a split, a fee taken in coins, an outage that closes nothing, an empty reply that is
    held: every few seconds something happens, and the account is synced through the real SDK
    into an SQLite file. Ctrl-C ends it.

    Examples:

    tieout demo

    tieout demo --once

    tieout demo --rounds 20 --interval 1 --db demo.db
    """
    stage = _stage(db)
    most = 1 if is_once else rounds
    status = [TIED_OUT]
    try:
        _play(stage, most=most, interval_s=interval_s, as_json=as_json, keep=status.append)
    except KeyboardInterrupt:
        status.append(TIED_OUT)
    if not as_json:
        _say_what_next(stage)
    raise typer.Exit(status[-1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where the demo keeps its files."""

    database: Path
    config: Path


class DemoClock:
    """A clock that started at ten in New York last Monday, and leaps before every round.

    Splits come overnight and options end at the close, so days must pass while one watches.
    """

    def __init__(self, started_at: datetime) -> None:
        here = started_at.astimezone(ZoneInfo("America/New_York"))
        monday = here - timedelta(days=here.weekday() + DAYS_BACK)
        self._ahead = monday.replace(hour=10, minute=0, second=0, microsecond=0) - started_at

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def leap(self) -> None:
        """Some hours later."""
        self._ahead += LEAP


def _stage(db: Path | None) -> Stage:
    from tempfile import mkdtemp

    from tieout.core.errors import SettingsError

    if db is None:
        folder = Path(mkdtemp(prefix="tieout-demo-"))
        return Stage(database=folder / "book.db", config=folder / "tieout.toml")
    database = db.absolute()
    if database.exists():
        raise SettingsError(f"--db: {db} is there already; the demo needs a new file")
    if not database.parent.is_dir():
        raise SettingsError(f"--db: there is no folder {database.parent}")
    return Stage(database=database, config=database.with_suffix(".toml"))


def _play(
    stage: Stage,
    *,
    most: int | None,
    interval_s: float,
    as_json: bool,
    keep: Callable[[int], None],
) -> None:
    import asyncio
    from random import Random

    from tieout.cli.demo_screen import screen_for
    from tieout.cli.frame import desk
    from tieout.settings import read_settings
    from tieout.simulators.alpaca import AlpacaSimulator, running
    from tieout.simulators.market import Market

    clock = DemoClock(datetime.now(UTC))
    simulator = AlpacaSimulator(Market(clock=clock.now, chance=Random(SEED)))
    with ExitStack() as open_:
        with progress("starting a simulated broker"):
            open_.enter_context(running(simulator))
            first = _next_step(simulator, 0)
            _write_config(stage, simulator)
            settings = read_settings(stage.config, environment={}, folder=stage.config.parent)
            opened = open_.enter_context(desk(settings, clock=clock))
        shown = open_.enter_context(screen_for(opened, as_json=as_json))
        asyncio.run(
            _rounds(
                opened,
                simulator,
                shown,
                clock,
                first=first,
                most=most,
                interval_s=interval_s,
                keep=keep,
            )
        )


async def _rounds(
    opened: "Desk",
    simulator: "AlpacaSimulator",
    shown: "Screen",
    clock: DemoClock,
    *,
    first: str,
    most: int | None,
    interval_s: float,
    keep: Callable[[int], None],
) -> None:
    """Something happens, the account is synced, the screen shows it; over and over."""
    import asyncio

    from tieout.cli.sync import status_of

    step, caption = 0, first
    while True:
        shown.announce(step, caption)
        answers = await opened.sync()
        shown.show(answers)
        keep(status_of(answers))
        step += 1
        if most is not None and step >= most:
            return
        await asyncio.sleep(interval_s)
        clock.leap()
        caption = _next_step(simulator, step)


def _next_step(simulator: "AlpacaSimulator", step: int) -> str:
    from tieout.simulators.story import demo_story

    return demo_story(simulator.market, step, simulator.faults)


def _write_config(stage: Stage, simulator: "AlpacaSimulator") -> None:
    """Settings for the commands that are tried afterwards."""
    from json import dumps as quoted

    from tieout.simulators.story import ACCOUNT

    keys = simulator.credentials(ACCOUNT)
    number = simulator.market.account(ACCOUNT).number
    stage.config.write_text(
        "# Made by `tieout demo`. The simulated broker is gone when the demo has ended.\n"
        f"[store]\nurl = {quoted(f'sqlite:///{stage.database}')}\n\n"
        f'[[connections]]\nname = "{CONNECTION}"\nvenue = "alpaca"\n'
        f"address = {quoted(simulator.address)}\n"
        f"stream_address = {quoted(simulator.stream_address)}\n"
        f"key = {quoted(keys.key_id)}\nsecret = {quoted(keys.secret_key)}\n\n"
        f'[accounts."{CONNECTION}/{number}"]\nname = "{ACCOUNT}"\n',
        encoding="utf-8",
    )


def _say_what_next(stage: Stage) -> None:
    shown = console()
    if not stage.database.exists():
        tell("tieout: the demo was stopped before the first sync")
        return
    shown.print(f"\nThe book is in {stage.database}. Try next:\n", soft_wrap=True)
    for command in ("positions", "history NVDA", "runs", "pnl --by symbol", "verify"):
        shown.print(f"  {program()} --config {stage.config} {command}", soft_wrap=True)
