"""All that an account holds at one moment: every dex it is on, and its spot balances."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tieout.core.errors import VenueError
from tieout.core.numbers import plain
from tieout.venues.http.bodies import number
from tieout.venues.http.together import together
from tieout.venues.http.trace import Trace
from tieout.venues.hyperliquid.exchange import Calls, Question
from tieout.venues.hyperliquid.holdings import named
from tieout.venues.hyperliquid.limits import AHEAD_MAX
from tieout.venues.hyperliquid.markets import MAIN_DEX, MONEY
from tieout.venues.hyperliquid.rows import BalanceRow, PositionRow, State, Unreadable
from tieout.venues.hyperliquid.wire import balances_in, state_in
from tieout.venues.moments import moment_of


@dataclass(slots=True)
class Positions:
    """What was reported; `as_of` is the earliest of the venue's own times.

    `problems` name the dexes that could not be read.
    """

    as_of: datetime
    states: dict[str, State] = field(default_factory=dict)
    balances: tuple[BalanceRow | Unreadable, ...] = ()
    problems: dict[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> list[PositionRow]:
        """The rows that can be read."""
        states = self.states.values()
        return [row for state in states for row in state.rows if isinstance(row, PositionRow)]

    @property
    def sizes(self) -> dict[str, str]:
        """What is held on the dexes, by coin; a size in its shortest form."""
        sizes = {row.coin: number(row.szi) for row in self.rows}
        return {coin: plain(size) for coin, size in sizes.items() if size}

    @property
    def unread(self) -> set[str]:
        """The coins that are reported without a size."""
        return {row.coin for row in self.rows if number(row.szi) is None}

    @property
    def tokens(self) -> dict[str, str]:
        """What is held in spot beside money, by token."""
        rows = [row for row in self.balances if isinstance(row, BalanceRow)]
        totals = {row.coin: number(row.total) for row in rows if row.coin not in MONEY}
        return {coin: plain(total) for coin, total in totals.items() if total}

    @property
    def paid(self) -> dict[str, str] | None:
        """The funding so far of each position; None where that is not reported."""
        sums = {row.coin: row.funding_so_far for row in self.rows}
        known = {coin: paid for coin, paid in sums.items() if paid is not None}
        return known if len(known) == len(sums) else None

    @property
    def dexes(self) -> tuple[str, ...]:
        """The builder dexes that hold something, or may."""
        holding = [dex for dex, state in self.states.items() if dex and state.rows]
        return tuple(sorted({*holding, *self.problems}))


async def read_positions(
    calls: Calls, user: str, *, dexes: Iterable[str], trace: Trace
) -> Positions:
    """The main dex, these builder dexes and spot, at once."""
    found = Positions(as_of=calls.now())
    names = (MAIN_DEX, *dexes)
    await together(
        _read_balances(found, calls, user, trace),
        *(_read_dex(found, dex, calls, user, trace) for dex in names),
    )
    found.states = {dex: found.states[dex] for dex in names if dex in found.states}
    found.as_of = _as_of(found.states, asked_at=found.as_of, now=calls.now())
    return found


async def add_dexes(
    found: Positions, calls: Calls, user: str, *, dexes: Iterable[str], trace: Trace
) -> None:
    """More builder dexes to what was read; what they report may be younger, never older."""
    await together(*(_read_dex(found, dex, calls, user, trace) for dex in dexes))


async def _read_balances(found: Positions, calls: Calls, user: str, trace: Trace) -> None:
    question = Question(kind="spotClearinghouseState", user=user)
    found.balances, _ = await calls.ask(question, balances_in, trace=trace)


async def _read_dex(found: Positions, dex: str, calls: Calls, user: str, trace: Trace) -> None:
    """One dex. A builder dex that cannot be read leaves the rest incomplete, and not unread."""
    question = Question(kind="clearinghouseState", user=user, dex=dex)
    try:
        found.states[dex], _ = await calls.ask(question, state_in, trace=trace)
    except VenueError as error:
        if dex == MAIN_DEX:
            raise
        found.problems[dex] = f"{named(dex)} could not be read: {error}"


def _as_of(states: Mapping[str, State], *, asked_at: datetime, now: datetime) -> datetime:
    times = [moment_of(state.time) for state in states.values() if state.time is not None]
    earliest = min(times, default=asked_at)
    return earliest if earliest <= now + AHEAD_MAX else asked_at
