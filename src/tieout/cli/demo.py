"""`tieout demo`: simulated brokers to whom things happen, and a book that is kept true to them."""

from collections.abc import Callable, Mapping, Sequence
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
    from tieout.cli.demo_brokers import DemoBroker

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
    venue: Annotated[
        list[str] | None,
        typer.Option("--venue", metavar="NAME", help="Only this venue; may be given again."),
    ] = None,
    db: Annotated[
        Path | None,
        typer.Option("--db", metavar="FILE", help="Keep the book here, not in a temporary folder."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Watch a book being kept true to simulated brokers.

    Fills, a split, a fee taken in coins, funding, a liquidation, an outage that closes nothing,
    an empty reply that is held: every few seconds something happens at each of them, side by
    side, and all accounts are synced through the real SDKs into an SQLite file. Ctrl-C ends it.

    Examples:

    tieout demo

    tieout demo --once

    tieout demo --venue alpaca --rounds 20 --interval 1 --db demo.db
    """
    from tieout.core.errors import SettingsError

    if is_once and rounds is not None:
        raise SettingsError("--once is one round; leave it or --rounds out")
    stage = _stage(db)
    most = 1 if is_once else rounds
    status = [TIED_OUT]
    try:
        _play(
            stage,
            venue or (),
            most=most,
            interval_s=interval_s,
            as_json=as_json,
            keep=status.append,
        )
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
    config = database.with_suffix(".toml")
    if config == database:
        raise SettingsError(f"--db: {db} is where the demo keeps its settings; name it .db")
    if config.exists():
        message = f"--db: the demo keeps its settings in {config}, which is there already"
        raise SettingsError(f"{message}; name another file")
    return Stage(database=database, config=config)


def _play(
    stage: Stage,
    venues: Sequence[str],
    *,
    most: int | None,
    interval_s: float,
    as_json: bool,
    keep: Callable[[int], None],
) -> None:
    import asyncio

    from tieout.cli.demo_brokers import brokers_of
    from tieout.cli.demo_screen import screen_for
    from tieout.cli.frame import desk
    from tieout.settings import read_settings
    from tieout.simulators.serving import running

    clock = DemoClock(datetime.now(UTC))
    with ExitStack() as open_:
        with progress("starting simulated brokers"):
            brokers = brokers_of(venues, clock=clock.now)
            for each in brokers:
                open_.enter_context(running(each.simulator))
            first = _next_step(brokers, 0)
            _write_config(stage, brokers)
            settings = read_settings(stage.config, environment={}, folder=stage.config.parent)
            opened = open_.enter_context(desk(settings, clock=clock))
        shown = open_.enter_context(screen_for(opened, as_json=as_json))

        async def rounds() -> None:
            """Something happens, all is synced, the screen shows it; over and over."""
            from tieout.cli.sync import status_of

            step, captions = 0, first
            while True:
                shown.announce(step, captions)
                answers = await opened.sync()
                shown.show(answers)
                keep(status_of(answers))
                step += 1
                if most is not None and step >= most:
                    return
                await asyncio.sleep(interval_s)
                clock.leap()
                captions = _next_step(brokers, step)

        asyncio.run(rounds())


def _next_step(brokers: "Sequence[DemoBroker]", step: int) -> dict[str, str]:
    """Lets something happen at every venue; what, by venue."""
    return {each.venue: each.story(step) for each in brokers}


def _pairs(keys: Mapping[str, str]) -> list[str]:
    from json import dumps as quoted

    return [f"{key} = {quoted(text)}" for key, text in keys.items()]


def _write_config(stage: Stage, brokers: "Sequence[DemoBroker]") -> None:
    """Settings for the commands that are tried afterwards."""
    from json import dumps as quoted

    lines = [
        "# Made by `tieout demo`. The simulated brokers are gone when the demo has ended.",
        f"[store]\nurl = {quoted(f'sqlite:///{stage.database}')}",
    ]
    for each in brokers:
        keys = {"name": each.venue, "venue": each.venue, **each.connection()}
        lines += ["\n[[connections]]", *_pairs(keys)]
        lines += ["[connections.options]", *_pairs(each.options())] if each.options() else []
        lines += [
            f'\n[accounts."{each.venue}/{number}"]\nname = {quoted(name)}'
            for number, name in each.accounts().items()
        ]
    stage.config.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _say_what_next(stage: Stage) -> None:
    shown = console()
    if not stage.database.exists():
        tell("tieout: the demo was stopped before the first sync")
        return
    shown.print(f"\nThe book is in {stage.database}. Try next:\n", soft_wrap=True)
    for command in ("positions", "history NVDA", "runs", "pnl --by symbol", "verify"):
        shown.print(f"  {program()} --config {stage.config} {command}", soft_wrap=True)
