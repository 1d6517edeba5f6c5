"""US futures and international derivatives of a login: whether there are any, and what is held.

Nobody has to have either. What was never there and is refused is taken not to be there; what was
there before, or is named elsewhere, has to be read.
"""

from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Literal

import msgspec

from tieout.core.errors import VenueError, VenueRefused
from tieout.core.numbers import ZERO
from tieout.venues.coinbase import holdings
from tieout.venues.coinbase.address import REST_PATH
from tieout.venues.coinbase.bookmark import Bookmark
from tieout.venues.coinbase.currencies import ABSENT_KEPT, Currencies
from tieout.venues.coinbase.exchange import Calls, Question
from tieout.venues.coinbase.gateway import Gateway
from tieout.venues.coinbase.holdings import Held
from tieout.venues.coinbase.isolated import Isolated
from tieout.venues.coinbase.products import Products
from tieout.venues.coinbase.rows import (
    Breakdown,
    FutureRow,
    Log,
    PerpetualRow,
    TradeRow,
    Unreadable,
)
from tieout.venues.coinbase.slots import Slots
from tieout.venues.coinbase.wire import futures_in
from tieout.venues.http.bodies import number
from tieout.venues.http.together import together
from tieout.venues.http.trace import Trace

Wanted = Literal["auto", "yes", "no"]
FUTURES = f"{REST_PATH}/cfm/positions"


@dataclass(slots=True)
class Positions:
    """Rows of both lists; None for a list that was not read."""

    futures: tuple[FutureRow | Unreadable, ...] | None = None
    perpetuals: tuple[PerpetualRow | Unreadable, ...] | None = None

    @property
    def quantities(self) -> tuple[object, ...]:
        """What two readings must have in common to agree."""
        futures = [
            (row.product, row.side, row.contracts) if isinstance(row, FutureRow) else row
            for row in self.futures or ()
        ]
        perpetuals = [
            (row.symbol, row.direction, row.size) if isinstance(row, PerpetualRow) else row
            for row in self.perpetuals or ()
        ]
        return (sorted(map(str, futures)), sorted(map(str, perpetuals)))

    @property
    def future_names(self) -> list[str]:
        return [row.product for row in self.futures or () if isinstance(row, FutureRow)]


class Known:
    """What is known of a login from one reading to the next."""

    def __init__(self, *, futures: Wanted, perpetuals: Wanted, now: Callable[[], datetime]) -> None:
        self.futures = futures
        self.perpetuals = perpetuals
        self.products = Products()
        self.absent_at: dict[str, datetime] = {}
        self.has_gateway = perpetuals == "yes"
        self.slots = Slots(now)
        self._waiting: list[Callable[[], None]] = []

    def when_gateway(self, action: Callable[[], None]) -> None:
        """Do it as soon as the gateway has answered this login, or at once if it has."""
        if self.has_gateway:
            action()
        else:
            self._waiting.append(action)

    def gateway_answered(self) -> None:
        """Note that there is something to listen to."""
        self.has_gateway = True
        while self._waiting:
            self._waiting.pop()()


class Derivatives:
    """One reading of what a login has besides coins."""

    def __init__(self, calls: Calls, gateway: Gateway, known: Known) -> None:
        self.products = known.products
        self._ignored: list[str] = []
        self._calls = calls
        self._gateway = gateway
        self._futures = known.futures
        self._perpetuals = known.perpetuals
        self._absent_at = known.absent_at
        self._slots = known.slots
        self._before = Bookmark()
        self._currencies = Currencies(self._before, known.absent_at, calls.now)
        self._isolated = Isolated(gateway, known.slots, self._before, self._currencies)
        self._reads_futures = False
        self._reads_perpetuals = False
        self._has_perpetuals = False
        self._has_no_log = False

    @property
    def ignored(self) -> list[str]:
        """What was left out on purpose, in words."""
        return [*self._ignored, *self._currencies.ignored, *self._isolated.ignored]

    async def begin(self, before: Bookmark, *, trace: Trace) -> None:
        """Find out which lists to read."""
        self._before = before
        self._currencies = Currencies(before, self._absent_at, self._calls.now)
        self._isolated = Isolated(self._gateway, self._slots, before, self._currencies)
        is_first = before.held is None
        futures, perpetuals = self._is_kept_absent("futures"), self._is_kept_absent("perpetuals")
        self._reads_futures = self._futures == "yes" or (
            self._futures == "auto" and (before.had_futures or (is_first and not futures))
        )
        self._reads_perpetuals = self._perpetuals == "yes" or (
            self._perpetuals == "auto" and (before.had_perpetuals or not perpetuals)
        )
        if self._reads_perpetuals:
            await self._or_absent("perpetuals", self._gateway.sign_in(trace=trace))
        if self._reads_perpetuals:
            await self._or_absent("perpetuals", self._isolated.begin(trace=trace))

    async def positions(self, *, trace: Trace) -> Positions:
        """Both lists at once, as far as they are to be read."""
        found = Positions()
        work = []
        if self._reads_futures:
            work.append(self._or_absent("futures", self._read_futures(found, trace)))
        if self._reads_perpetuals:
            work.append(self._or_absent("perpetuals", self._read_perpetuals(found, trace)))
        await together(*work)
        return found

    async def complete(
        self, found: Positions, breakdown: Breakdown | None, *, has_traded: bool, trace: Trace
    ) -> None:
        """Read the futures after all where the breakdown or a fill names one."""
        named = breakdown is not None and (breakdown.futures is None or bool(breakdown.futures))
        if found.futures is not None or self._futures == "no":
            return
        if not named and not has_traded and not self._before.had_futures:
            return
        if breakdown is not None and not breakdown.futures and self._is_kept_absent("futures"):
            return
        is_sure = bool(breakdown and breakdown.futures) or has_traded
        work = self._read_futures(found, trace)
        await (work if is_sure else self._or_absent("futures", work))
        await self.learn(found.future_names, trace=trace)

    async def trades(
        self, since: Callable[[int | None], int | None], *, trace: Trace
    ) -> list[TradeRow | Unreadable]:
        """What was traded at the gateway, by the login and in its slots."""
        found: list[TradeRow | Unreadable] = []

        async def read() -> None:
            ask = partial(self._gateway.trades, trace=trace)
            own = await self._currencies.trades(since(None), ask)
            others = await self._isolated.trades(since, trace=trace)
            found.extend([*self._isolated.own_trades(own), *others])

        if self._reads_perpetuals:
            await self._or_absent("perpetuals", read())
        return found

    def _is_unread(self, row: PerpetualRow) -> bool:
        return self.is_left_out(row.symbol)

    def is_left_out(self, symbol: str) -> bool:
        """Whether a symbol is in a subaccount of isolated margin that could not be read."""
        return self._isolated.is_left_out(symbol)

    async def log(self, since: int, *, trace: Trace) -> Log | None:
        """What the gateway booked; None where it has no log for this login."""
        if not self._reads_perpetuals or self._has_no_log:
            return None
        if not self._is_kept_absent("log"):
            try:
                ask = partial(self._gateway.log, trace=trace)
                return await self._currencies.log(since, ask)
            except VenueRefused as refused:
                self._absent_at["log"] = self._calls.now()
                self._ignored.append(f"funding of perpetuals, which is not reported: {refused}")
        else:
            self._ignored.append("funding of perpetuals, which was not reported a moment ago")
        self._has_no_log = True
        return None

    async def learn(self, names: Iterable[str], *, trace: Trace) -> None:
        """Sizes of US futures."""
        await self.products.learn(names, self._calls, trace=trace)

    def translated(self, found: Positions, breakdown: Breakdown | None) -> Held:
        """Everything held, and what is named elsewhere but not listed."""
        futures = holdings.futures(found.futures or (), self.products)
        rows = found.perpetuals or ()
        read = (row for row in rows if isinstance(row, Unreadable) or not self._is_unread(row))
        perpetuals = holdings.perpetuals(tuple(read))
        problems = [*futures.problems, *perpetuals.problems]
        if found.perpetuals is not None:
            problems += self._isolated.problems(found.perpetuals)
        named = set(breakdown.futures or ()) if breakdown and self._futures != "no" else set()
        problems += [
            f"the breakdown of the portfolio has {name}, but the futures positions do not"
            for name in sorted(named - set(found.future_names))
        ]
        legacy = breakdown.perpetuals if breakdown else None
        if legacy and found.perpetuals is None and self._perpetuals != "no":
            problems.append(
                f"the breakdown of the portfolio has {', '.join(legacy)}, but the gateway for "
                "international derivatives could not be read"
            )
        return Held(
            holdings=[*futures.holdings, *perpetuals.holdings],
            instruments={**futures.instruments, **perpetuals.instruments},
            problems=problems,
        )

    def noted(
        self,
        marked: Bookmark,
        found: Positions,
        before: Bookmark,
        *,
        latest: Callable[[int], int | None],
    ) -> Bookmark:
        """The bookmark with what there was. What was there once is asked for ever after."""
        futures = found.futures or ()
        has_futures = any(
            isinstance(row, FutureRow) and number(row.contracts) != ZERO for row in futures
        )
        return msgspec.structs.replace(
            marked,
            had_futures=before.had_futures or has_futures,
            had_perpetuals=before.had_perpetuals or found.perpetuals is not None,
            currencies=self._currencies.known,
            logged=self._currencies.logged,
            slots=self._isolated.slots(lambda slot: latest(slot) or 0, marked.held or ()),
        )

    async def _read_futures(self, found: Positions, trace: Trace) -> None:
        question = Question(path=FUTURES)
        found.futures, _ = await self._calls.ask(question, futures_in, trace=trace)

    async def _read_perpetuals(self, found: Positions, trace: Trace) -> None:
        all_rows = await self._gateway.positions(trace=trace)
        others = await self._isolated.positions(all_rows, trace=trace)
        self._currencies.note((*all_rows, *others))
        found.perpetuals = (*filter(self._isolated.is_own, all_rows), *others)
        self._has_perpetuals = self._has_perpetuals or bool(found.perpetuals)

    async def _or_absent(self, which: str, work: Coroutine[Any, Any, None]) -> None:
        """Do it. Where it is refused and nothing of the kind was ever there, there is none."""
        wanted, had = {
            "futures": (self._futures, self._before.had_futures),
            "perpetuals": (self._perpetuals, self._before.had_perpetuals or self._has_perpetuals),
        }[which]
        try:
            await work
            return
        except VenueError as error:
            is_known_absent = self._before.held is not None
            if wanted != "auto" or had or not (isinstance(error, VenueRefused) or is_known_absent):
                raise
            words = f"{which} are not read, there never were any: {error}"
        self._absent_at[which] = self._calls.now()
        self._ignored.append(words)
        if which == "futures":
            self._reads_futures = False
        else:
            self._reads_perpetuals = False

    def _is_kept_absent(self, which: str) -> bool:
        at = self._absent_at.get(which)
        return at is not None and self._calls.now() - at < ABSENT_KEPT
