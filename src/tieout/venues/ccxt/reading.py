"""One reading of an exchange: what is held, and what happened since the last reading."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tieout.core.errors import VenueRefused
from tieout.core.instrument import Instrument
from tieout.core.snapshot import Holding, Snapshot
from tieout.ports import Read
from tieout.venues.ccxt import balances, positions, trades
from tieout.venues.ccxt.asking import Asking
from tieout.venues.ccxt.bookmark import Bookmark
from tieout.venues.ccxt.calls import Calls, NotTold, Question
from tieout.venues.ccxt.following import Followed, follow
from tieout.venues.ccxt.foreign import Told, own_rows
from tieout.venues.ccxt.legs import hedged_of
from tieout.venues.ccxt.options import Options
from tieout.venues.ccxt.paging import Pages, Series, read_all
from tieout.venues.ccxt.positions import Markets
from tieout.venues.ccxt.quirks import Quirks
from tieout.venues.ccxt.values import Row
from tieout.venues.connection import mismatch
from tieout.venues.http.trace import Trace
from tieout.venues.moments import milliseconds_of

FRESH = timedelta(seconds=5)  # a trade so new may not be in the positions yet
OVERLAP = timedelta(minutes=5)  # exchanges list a trade some time after it happened
HOUR = timedelta(hours=1)
FUNDING_PAGE = 100
DOLLARS = ("USDT", "USDC", "USD")


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Positions and coins as they were at a time."""

    as_of: datetime
    holdings: tuple[Holding, ...]
    coins: Mapping[str, str]
    problems: tuple[str, ...]
    hedged: frozenset[str]

    @property
    def quantities(self) -> list[tuple[str, str | None, str | None]]:
        return sorted((each.symbol, each.side, each.quantity) for each in self.holdings)


class Reading:
    """Reads one account once."""

    def __init__(
        self,
        calls: Calls,
        asking: Asking,
        *,
        options: Options,
        quirks: Quirks,
        markets: Markets,
        bookmark: Bookmark,
        seen: tuple[str, str, int] | None,
        trace: Trace,
    ) -> None:
        self._calls = calls
        self._asking = asking
        self._options = options
        self._quirks = quirks
        self._markets = markets
        self._before = bookmark
        self._seen = seen or bookmark.seen
        self._trace = trace
        self._began_at = calls.now()
        self._pages = Pages()
        self._symbols: tuple[str, ...] = bookmark.symbols
        self._untold = list(asking.untold)
        self._funding: list[Row] = []
        self._funding_asked = bookmark.funding

    @property
    def _venue(self) -> str:
        return f"ccxt:{self._options.exchange}"

    async def read(self) -> tuple[Read, Bookmark]:
        """Positions, then trades, until nothing happened between or two readings agree."""
        limits = self._calls.limits
        before: Held | None = None
        late: tuple[str, ...] = ()
        for reads in range(1, limits.position_reads_max + 1):
            held = await self._held()
            known = len(self._pages.rows)
            await self._read_trades(held)
            newest = trades.latest(self._pages.rows.values())
            is_quiet = newest is None or newest <= held.as_of - FRESH
            has_news = before is None or len(self._pages.rows) != known
            if is_quiet or (not has_news and before and before.quantities == held.quantities):
                break
            before = held
            late = (f"trades went on while the positions were read {reads} times",)
            if reads < limits.position_reads_max:
                late = ()
                await self._calls.pause(limits.settle_s)
        await self._read_funding()
        return self._result(held, late)

    async def _held(self) -> Held:
        as_of = self._calls.now()
        told: list[Told] = []
        full: list[str] = []
        for question in self._asking.positions:
            found = await self._told(question)
            told.append(
                Told(
                    words=question.words,
                    parameters=question.parameters,
                    asked=found.asked,
                    rows=found.rows,
                )
            )
            page = self._quirks.positions_page
            if page is not None and found.last >= page:
                full.append(f"{question.words}: a full page of {page}, there may be more")
            full += [found.problem] if found.problem is not None else []
        rows, foreign = own_rows(told, self._markets, settle=self._quirks.by_settle)
        wallets = [await self._calls.ask(each, self._trace) for each in self._asking.balances]
        coins, problems = balances.coins_of(wallets, self._quirks)
        currency = self._options.currency
        return Held(
            as_of=as_of,
            holdings=(
                *positions.holdings_of(rows, self._markets),
                *balances.holdings_of(coins, currency=currency),
            ),
            coins=coins,
            problems=(*full, *foreign, *problems),
            hedged=hedged_of(rows, self._before.hedged),
        )

    async def _told(self, question: Question) -> Followed:
        """The rows of a question that must be answered."""
        try:
            return await follow(question, calls=self._calls, trace=self._trace)
        except NotTold as words:
            raise VenueRefused(
                f"{question.words} cannot be asked: {words}",
                venue=self._calls.name,
                advice="set types to the market types that you use; what is not asked is not read",
            ) from None

    async def _read_trades(self, held: Held) -> None:
        now = self._calls.now()
        for series in self._asking.trades:
            try:
                await self._read_series(series, self._before.until, now)
            except NotTold:
                await self._read_by_symbol(held, now)

    async def _read_by_symbol(self, held: Held, now: datetime) -> None:
        """The exchange tells trades of one symbol only: of all that is or was held or named."""
        wanted = dict.fromkeys((*self._options.symbols, *self._before.symbols))
        quotes = dict.fromkeys((self._options.currency, *DOLLARS))
        for holding in held.holdings:
            pairs = [f"{holding.symbol}/{quote}" for quote in quotes]
            wanted |= dict.fromkeys([holding.symbol, *pairs])
        for symbol in wanted:
            if symbol in self._markets:
                until = self._before.until if symbol in self._before.symbols else None
                await self._read_series(Series(symbol=symbol), until, now)
        self._symbols = tuple(sorted(each for each in wanted if each in self._markets))
        words = "own trades are told by symbol only: those of other symbols are not seen"
        if words not in self._untold:
            self._untold.append(words)

    async def _read_series(self, series: Series, until: int | None, now: datetime) -> None:
        if until is None:
            days = timedelta(days=float(self._options.history_days))
            begins = milliseconds_of(now - days + 2 * OVERLAP)  # within so many windows
        else:
            begins = until - OVERLAP // timedelta(milliseconds=1)
        # What is dated ahead by the exchange's clock is no less read.
        span = (begins, milliseconds_of(now + OVERLAP))
        await read_all(
            series,
            span,
            calls=self._calls,
            quirks=self._quirks,
            pages=self._pages,
            trace=self._trace,
        )
        self._refuse_without_anchor(series, begins)

    def _refuse_without_anchor(self, series: Series, begins: int) -> None:
        """A trade that was read before is not listed any more: these are somebody else's."""
        if self._seen is None or len(self._asking.trades) > 1 or series.symbol is not None:
            return
        symbol, id_, at = self._seen
        if at < begins or (symbol, id_) in self._pages.rows:
            return
        raise mismatch(
            f"the trade {id_} of {symbol}, which was read before, is not among the trades any more",
            venue=self._calls.name,
            advice="are these the keys of another account? Set up a connection of its own for it; "
            "nothing was changed",
        )

    async def _read_funding(self) -> None:
        """What perpetuals paid, asked once an hour."""
        asked = self._before.funding
        now = milliseconds_of(self._began_at)
        hour = HOUR // timedelta(milliseconds=1)
        if not self._asking.funding or (asked is not None and now - asked < hour):
            return
        days = timedelta(days=float(self._options.history_days))
        since = asked - hour if asked is not None else milliseconds_of(self._began_at - days)
        for parameters in self._asking.funding:
            question = Question(
                method="fetch_funding_history",
                arguments=(None, since, FUNDING_PAGE),
                parameters=parameters,
            )
            await self._read_payments(question)
        self._funding_asked = now

    async def _read_payments(self, question: Question) -> None:
        try:
            found = await follow(question, calls=self._calls, trace=self._trace)
        except (NotTold, VenueRefused) as words:
            self._untold.append(f"funding: is not told ({words})")
            return
        self._funding += found.rows
        if found.last >= FUNDING_PAGE:
            self._pages.problems.append("funding: a full page, some may be missing")
        if found.problem is not None:
            self._pages.problems.append(found.problem)

    def _result(self, held: Held, late: tuple[str, ...]) -> tuple[Read, Bookmark]:
        options = self._options
        happened = trades.translated(
            self._pages.rows.values(),
            self._markets,
            venue=self._venue,
            currency=options.currency,
            quirks=self._quirks,
            hedged=held.hedged,
        )
        paid = trades.funding_of(
            self._funding, self._markets, venue=self._venue, hedged=held.hedged
        )
        problems = (
            *self._asking.problems, *held.problems, *late, *self._pages.problems,
            *happened.problems, *paid.problems,
        )  # fmt: skip
        bookmark = self._bookmark(held, is_whole=not self._pages.problems)
        read = Read(
            snapshot=Snapshot(
                as_of=held.as_of,
                holdings=held.holdings,
                complete=not problems,
                problems=problems,
            ),
            activities=(*happened.activities, *paid.activities),
            evidence=tuple(self._trace.replies),
            instruments=self._instruments(held, happened.instruments | paid.instruments),
            ignored=(*self._untold, *self._cash(held), *happened.ignored, *paid.ignored),
            cursor=bookmark.text(),
        )
        return read, bookmark

    def _instruments(self, held: Held, told: Mapping[str, Instrument]) -> tuple[Instrument, ...]:
        found = dict(told)
        for each in held.holdings:
            market = self._markets.get(each.symbol)
            if market is not None and market.get("contract"):
                found[each.symbol] = positions.instrument_of(market, self._venue)
            elif each.symbol in held.coins:
                currency = self._options.currency
                found[each.symbol] = balances.instrument_of(each.symbol, currency=currency)
        return tuple(found.values())

    def _cash(self, held: Held) -> list[str]:
        """Money is no position."""
        currency = self._options.currency
        return [
            f"{code}: cash of {amount}, which is no position"
            for code, amount in held.coins.items()
            if balances.is_cash(code, currency)
        ]

    def _bookmark(self, held: Held, *, is_whole: bool) -> Bookmark:
        until = milliseconds_of(self._began_at) if is_whole else self._before.until
        dated = [
            (int(row["timestamp"]), str(row["symbol"]), str(row["id"]))
            for row in self._pages.rows.values()
            if row.get("timestamp") and row.get("symbol") and row.get("id")
        ]
        seen = self._seen
        if dated:
            at, symbol, id_ = max(dated)
            seen = (symbol, id_, at)
        return Bookmark(
            until=until,
            funding=self._funding_asked,
            symbols=self._symbols,
            seen=seen,
            hedged=tuple(sorted(held.hedged)),
        )
