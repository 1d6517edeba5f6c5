"""One reading of a portfolio: what it holds, and what happened to it since the last reading.

A portfolio with nothing but coins takes three calls at once: accounts, breakdown, fills. US
futures and international derivatives are two lists more each, and are only asked for where there
are or may be any. Everything is read again while fills come in, or where a balance moved and no
fill says why.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

from tieout.core.activity import Activity
from tieout.core.errors import VenueReplyInvalid
from tieout.core.instrument import Instrument
from tieout.core.numbers import ZERO, add, plain
from tieout.core.snapshot import Holding, Snapshot
from tieout.ports import Read
from tieout.venues.beginning import accounted_for
from tieout.venues.coinbase import fills, holdings
from tieout.venues.coinbase.address import REST_PATH
from tieout.venues.coinbase.bookmark import VERSION, Bookmark
from tieout.venues.coinbase.derivatives import Derivatives, Positions
from tieout.venues.coinbase.doubting import absent, contradicted, doubted
from tieout.venues.coinbase.exchange import Calls, Question
from tieout.venues.coinbase.funding import Funding
from tieout.venues.coinbase.international import derivative
from tieout.venues.coinbase.moments import written
from tieout.venues.coinbase.pages import FillHistory, wallets
from tieout.venues.coinbase.products import coin, is_us_future
from tieout.venues.coinbase.rows import Breakdown, Unreadable, WalletRow
from tieout.venues.coinbase.trades import GatewayTrades
from tieout.venues.coinbase.transfers import Transfers
from tieout.venues.coinbase.wire import breakdown_in
from tieout.venues.connection import mismatch
from tieout.venues.http.bodies import number
from tieout.venues.http.together import together
from tieout.venues.http.trace import Trace
from tieout.venues.moments import moment

# A fill this fresh may not be in the balances yet, and clocks differ by as much.
FRESH = timedelta(seconds=5)
# A contract moves by trades only. One that moved without is believed after this.
DOUBTED = timedelta(days=1)
NOT_YET = Holding(
    symbol="", problem="positions are compared once all activities before them are read"
)


@dataclass(slots=True)
class _State:
    """What was held at one moment."""

    as_of: datetime
    wallets: list[WalletRow | Unreadable] = field(default_factory=list)
    breakdown: Breakdown | None = None
    derivatives: Positions = field(default_factory=Positions)

    @property
    def quantities(self) -> tuple[object, ...]:
        """What two readings must have in common to agree; prices may move."""
        totals = holdings.balances(self.wallets).totals
        return (sorted((name, str(total)) for name, total in totals.items()),
                *self.derivatives.quantities)  # fmt: skip


class Reading:
    """Reads one portfolio once."""

    def __init__(
        self,
        calls: Calls,
        derivatives: Derivatives,
        *,
        account: str,
        bookmark: Bookmark,
        trace: Trace,
    ) -> None:
        self._calls = calls
        self._derivatives = derivatives
        self._account = account
        self._before = bookmark
        self._trace = trace
        self._fills = FillHistory(calls, before=bookmark, trace=trace)
        self._funding = Funding(calls, before=bookmark)
        self._trades = GatewayTrades(before=bookmark)
        self._state = _State(as_of=calls.now())
        self._problems: list[str] = []
        self._ignored: list[str] = []
        self._transfers: list[Activity] = []

    async def read(self) -> tuple[Read, Bookmark]:
        """The reading, and what it leaves for the next."""
        await self._derivatives.begin(self._before, trace=self._trace)
        await self._read_all(first=True)
        if self._trades or self._state.derivatives.perpetuals:
            await self._read_funding()
        await self._derivatives.learn(self._products(), trace=self._trace)
        if not self._fills.is_unfinished:
            await self._until_quiet()
            await self._read_transfers()
        return self._translated()

    @property
    def wallets(self) -> list[WalletRow]:
        """The wallets that were read."""
        return [row for row in self._state.wallets if isinstance(row, WalletRow)]

    @property
    def has_gateway(self) -> bool:
        """Whether the gateway answered what is held there."""
        return self._state.derivatives.perpetuals is not None

    async def _read_all(self, *, first: bool = False) -> None:
        """Everything at once; without a bookmark the fills after what they account for."""
        state = _State(as_of=self._calls.now())
        history = self._fills.read if first else self._fills.continue_reading
        work = [self._read_wallets(state), self._read_breakdown(state), self._read_positions(state)]
        if first and self._before.held is None:
            await together(*work)
            await together(history(), self._read_trades())
        else:
            if self._funding.is_likely:
                work.append(self._read_funding())
            await together(*work, history(), self._read_trades())
        self._state = state
        self._refuse_others()
        self._refuse_older()
        traded = any(is_us_future(row.product) for row in self._fills.rows)
        await self._derivatives.complete(
            state.derivatives, state.breakdown, has_traded=traded, trace=self._trace
        )

    async def _read_wallets(self, state: _State) -> None:
        state.wallets = await wallets(self._calls, trace=self._trace)

    async def _read_breakdown(self, state: _State) -> None:
        question = Question(path=f"{REST_PATH}/portfolios/{self._account}")
        state.breakdown, _ = await self._calls.ask(question, breakdown_in, trace=self._trace)

    async def _read_positions(self, state: _State) -> None:
        state.derivatives = await self._derivatives.positions(trace=self._trace)

    async def _read_trades(self) -> None:
        self._trades.add(await self._derivatives.trades(self._trades.since, trace=self._trace))

    async def _read_funding(self) -> None:
        await self._funding.read(partial(self._derivatives.log, trace=self._trace))

    def _refuse_others(self) -> None:
        """See that every reply that names its portfolio names this one."""
        named = {row.portfolio for row in self.wallets if row.portfolio}
        if self._state.breakdown is not None:
            named.add(self._state.breakdown.portfolio)
        others = sorted(named - {self._account})
        if others:
            raise mismatch(
                f"asked for portfolio {self._account}, but what came is of {others[0]}",
                venue=self._calls.name,
                advice=f"use a key of {self._account}, or set this connection up for "
                f"{others[0]}; nothing was changed",
            )

    def _refuse_older(self) -> None:
        """See that no wallet is as it was before it was read the last time."""
        for row in self.wallets:
            noted = self._before.updated.get(row.uuid)
            before, now = moment(noted[0]) if noted else None, moment(row.updated)
            is_older = before is not None and now is not None and now < before
            if noted and is_older and noted[1:] != (row.available, row.hold):
                raise VenueReplyInvalid(
                    f"the account of {row.currency} is as of {row.updated}, but it was read as of "
                    f"{noted[0]} before: the reply is stale",
                    venue=self._calls.name,
                    advice="nothing was changed; it is tried again in the next run",
                )

    async def _until_quiet(self) -> None:
        """All again until nothing happened between, or two readings agree."""
        before: tuple[object, ...] | None = None
        reads_max = self._calls.limits.position_reads_max
        for reads in range(1, reads_max + 1):
            count = len(self._fills.rows) + len(self._trades)
            if before is not None:
                await self._read_all()
            is_same = count == len(self._fills.rows) + len(self._trades)
            is_same = is_same and before == self._state.quantities
            if is_same or (not self._has_fresh_fills() and not self._unexplained()):
                return
            before = self._state.quantities
            if reads < reads_max:
                await self._calls.pause(self._calls.limits.settle_s)
        self._problems.append(f"trades went on while the balances were read {reads_max} times")

    def _has_fresh_fills(self) -> bool:
        since = self._state.as_of - FRESH
        return self._fills.has_news_after(since) or self._trades.has_any_after(since)

    def _held(self) -> dict[str, Decimal | None]:
        """What is held now, by symbol; None for what cannot be read."""
        others = self._derivatives.translated(self._state.derivatives, self._state.breakdown)
        positions = {each.symbol: number(each.quantity) for each in others.holdings}
        return {**positions, **holdings.balances(self._state.wallets).coins}

    def _unexplained(self) -> set[str]:
        """The symbols of which the quantity moved otherwise than by the news that were read."""
        now, moved = self._held(), self._news_moved()
        before = self._before.held
        if before is None:  # a contract that was traded, as far back as that is listed
            return {
                symbol
                for symbol in moved
                if self._contract(symbol) is not None
                and not self._derivatives.is_left_out(symbol)
                and now.get(symbol, ZERO) != moved[symbol]
            }
        return {
            symbol
            for symbol in {*now, *before}
            if not self._derivatives.is_left_out(symbol)
            and now.get(symbol, ZERO)
            != add(number(before.get(symbol)) or ZERO, moved.get(symbol, ZERO))
        }

    def _news_moved(self) -> dict[str, Decimal]:
        """What moved by the fills, trades and transfers that are new."""
        news = self._translated_fills(only_news=True)
        news.activities += [*fills.traded(self._trades.news).activities, *self._transfers]
        return news.moved

    async def _read_transfers(self) -> None:
        """Deposits and the like of wallets that moved without a fill."""
        since = moment(self._before.at)
        wanted = self._unexplained()
        if since is None or not wanted:
            return
        transfers = Transfers(self._calls, since=since, trace=self._trace)
        moved = (row for row in self.wallets if coin(row.currency).symbol in wanted)
        await transfers.read(moved)
        self._transfers.extend(transfers.activities)
        self._ignored.extend(transfers.ignored)

    def _translated_fills(self, *, only_news: bool = False) -> fills.Translated:
        rows = [row for row in self._fills.rows if not only_news or self._fills.is_news(row)]
        money = holdings.balances(self._state.wallets).money
        return fills.translated(rows, products=self._derivatives.products, money=money)

    def _products(self) -> list[str]:
        """The US futures that were seen."""
        names = [row.product for row in self._fills.rows if is_us_future(row.product)]
        return [*names, *self._state.derivatives.future_names]

    def _translated(self) -> tuple[Read, Bookmark]:
        happened = self._translated_fills()
        traded, paid = fills.traded(self._trades.rows), self._funding.translated()
        found = holdings.balances(self._state.wallets)
        coins = holdings.coins(found, self._state.breakdown, moved=self._moved(happened.moved))
        others = self._derivatives.translated(self._state.derivatives, self._state.breakdown)
        doubts = self._doubts()
        held = (*coins.holdings, *(doubted(each, doubts) for each in others.holdings))
        problems = (
            *self._problems,
            *absent(others.holdings, doubts),
            *coins.problems, *others.problems, *self._fills.problems,
            *happened.problems, *traded.problems, *paid.problems,
            *self._trades.unreadable,
        )  # fmt: skip
        instruments: dict[str, Instrument] = {
            **happened.instruments, **traded.instruments, **paid.instruments,
            **others.instruments, **coins.instruments,
        }  # fmt: skip
        bookmark = self._bookmark(doubts)
        activities = (
            *happened.activities, *traded.activities, *paid.activities, *self._transfers,
        )  # fmt: skip
        if self._fills.is_unfinished:
            held = (NOT_YET,)
        elif self._before.held is None and (problems or doubts):
            activities = accounted_for(activities, holdings=held, is_read=self._is_listed)
            if doubts:  # nothing to go by yet: all of it once more
                held, activities, problems = (NOT_YET,), (), (*problems, *contradicted(doubts))
            if doubts or self._fills.problems or happened.problems or traded.problems:
                bookmark = Bookmark(
                    version=VERSION, portfolio=self._account, contradicted=tuple(sorted(doubts))
                )
        read = Read(
            snapshot=Snapshot(
                as_of=self._state.as_of, holdings=held, complete=not problems, problems=problems
            ),
            activities=activities,
            evidence=tuple(self._trace.replies),
            instruments=tuple(instruments.values()),
            ignored=(*happened.ignored, *traded.ignored, *paid.ignored, *self._ignored,
                     *self._derivatives.ignored),
            cursor=bookmark.text(),
        )  # fmt: skip
        return read, bookmark

    def _moved(self, moved: Mapping[str, Decimal]) -> set[str]:
        """The symbols of which it is worth telling that nothing is left."""
        return {*moved, *(name for name, held in (self._before.held or {}).items() if held != "0")}

    def _doubts(self) -> dict[str, str]:
        """Positions that their fills and trades do not account for, and since when.

        Futures and perpetuals move by nothing else. Their list and the fills are two replies: one
        that is empty, stale or of somebody else contradicts the other. What is over needs none.
        """
        now = self._state.as_of
        found = {}
        for symbol in self._unexplained() - {*self._before.contradicted}:
            listed = self._contract(symbol)
            is_over = listed is not None and listed.expires and listed.expires <= now.date()
            since = self._before.doubts.get(symbol, written(now))
            if listed is not None and not is_over and now - (moment(since) or now) < DOUBTED:
                found[symbol] = since
        return found

    def _contract(self, symbol: str) -> Instrument | None:
        """The future or perpetual that a symbol is; None for a coin."""
        if is_us_future(symbol):
            return self._derivatives.products.future(symbol).instrument
        return derivative(symbol)

    def _bookmark(self, doubts: Mapping[str, str]) -> Bookmark:
        before = self._before
        held = dict(before.held or {})
        listed = self._held()
        moved = self._news_moved()
        for symbol, quantity in listed.items():
            if quantity is not None:
                held[symbol] = plain(quantity)
        unread = filter(self._derivatives.is_left_out, {*held, *moved})
        for symbol in (*doubts, *unread):
            known = number((before.held or {}).get(symbol)) or ZERO
            held[symbol] = plain(add(known, moved.get(symbol, ZERO)))
        kept = {
            symbol: quantity
            for symbol, quantity in held.items()
            if number(quantity) and (symbol in {*listed, *doubts} or not self._is_listed(symbol))
        }
        as_of = self._state.as_of
        marked = Bookmark(
            version=VERSION,
            portfolio=self._account,
            at=written(as_of),
            held=kept,
            doubts=dict(doubts),
            updated=self._updated(),
        )
        marked = self._trades.marked(marked, as_of=as_of)
        marked = self._fills.marked(marked, as_of=as_of)
        marked = self._funding.marked(marked, as_of=as_of)
        latest = partial(self._trades.latest, as_of=as_of)
        return self._derivatives.noted(marked, self._state.derivatives, before, latest=latest)

    def _updated(self) -> dict[str, tuple[str, str, str]]:
        """When wallets last moved; a time that is still to come is nobody's."""
        noted = {}
        for row in self.wallets:
            at = moment(row.updated)
            has_any = bool(number(row.available) or number(row.hold))
            if has_any and at is not None and at <= self._state.as_of + FRESH:
                noted[row.uuid] = (written(at), row.available or "", row.hold or "")
        return noted

    def _is_listed(self, symbol: str) -> bool:
        """Whether the list that a symbol would be in was read: then it is gone."""
        if self._derivatives.is_left_out(symbol):
            return False
        if is_us_future(symbol):
            return self._state.derivatives.futures is not None
        if derivative(symbol) is not None:
            return self._state.derivatives.perpetuals is not None
        return True
