"""One reading of an account: what it holds, and what happened to it since the last reading.

A quiet account takes three calls at once: perpetuals, spot, fills. More are made only where
something may have changed: fills again after positions that moved, funding once an hour or when
a position says so, transfers when a spot balance is another, other dexes where something was
traded. All of them are looked at in the first reading and once a day.
"""

from collections.abc import Coroutine, Iterable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from tieout.core.numbers import ZERO, exact
from tieout.core.snapshot import Holding, Snapshot
from tieout.ports import Read
from tieout.venues.beginning import accounted_for
from tieout.venues.connection import mismatch
from tieout.venues.http.together import together
from tieout.venues.http.trace import Trace
from tieout.venues.hyperliquid import fills, ledger, trust
from tieout.venues.hyperliquid.bookmark import Anchor, Bookmark, anchor_of
from tieout.venues.hyperliquid.doubts import Doubts
from tieout.venues.hyperliquid.exchange import Calls, Question
from tieout.venues.hyperliquid.fills import fill_id, positions_after
from tieout.venues.hyperliquid.holdings import translated as holdings_of
from tieout.venues.hyperliquid.identity import role_of
from tieout.venues.hyperliquid.markets import MAIN_DEX, Markets, dex_of, is_spot
from tieout.venues.hyperliquid.pages import Mark, Series
from tieout.venues.hyperliquid.positions import add_dexes, read_positions
from tieout.venues.hyperliquid.rows import BalanceRow, FillRow, FundingRow, LedgerRow
from tieout.venues.hyperliquid.wire import dexes_in, fills_in, funding_in, ledger_in, mids_in
from tieout.venues.moments import MILLISECOND, milliseconds_of, moment_of

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
# A fill this fresh may not be in the positions yet: nodes are not at the same block.
FRESH = timedelta(seconds=5)
# Funding is paid on the hour and may be listed a little later.
FUNDING_SETTLES = timedelta(minutes=3)
# Only the latest 10,000 are listed. With about as many since, the last known one may be gone.
FILLS_LISTED_MIN = 9_000
NOT_YET = Holding(
    symbol="", problem="positions are compared once all activities before them are read"
)


class Reading:
    """Reads one account once."""

    def __init__(
        self,
        calls: Calls,
        markets: Markets,
        *,
        user: str,
        bookmark: Bookmark,
        anchor: Anchor | None,
        has_role: bool,
        trace: Trace,
    ) -> None:
        self._calls = calls
        self._markets = markets
        self._user = user
        self._before = bookmark
        self._anchor = anchor or anchor_of(bookmark)
        self._has_role = has_role
        self._trace = trace
        self._began_at = calls.now()
        self._dexes: tuple[str, ...] | None = None
        self._mids: dict[str, str] = {}
        self._problems: list[str] = []
        self._fills: Series[FillRow] = Series(
            calls,
            Question(kind="userFillsByTime", user=user),
            fills_in,
            mark=Mark(at=bookmark.fills, seen=bookmark.seen, id_of=fill_id),
            trace=trace,
        )
        self._funding: Series[FundingRow] = Series(
            calls,
            Question(kind="userFunding", user=user),
            funding_in,
            mark=Mark(at=bookmark.funding, seen=frozenset(), id_of=str),
            trace=trace,
        )
        self._ledger: Series[LedgerRow] = Series(
            calls,
            Question(kind="userNonFundingLedgerUpdates", user=user),
            ledger_in,
            mark=Mark(at=bookmark.ledger, seen=frozenset(), id_of=str),
            trace=trace,
        )

    async def read(self) -> tuple[Read, Bookmark]:
        """The reading, and what it leaves for the next."""
        await self._read_at_once()
        await self._check_anchor()
        await self._add_dexes()
        await self._until_quiet()
        await self._read_what_changed()
        await self._learn_markets()
        return self._translated()

    async def _read_at_once(self) -> None:
        """Everything that is known to be needed."""
        before = self._before
        self._asks_dexes = self._is_older(before.scanned, DAY)
        self._asks_funding = self._is_funding_due()
        self._asks_ledger = self._is_older(before.ledger_asked, HOUR)
        self._asks_mids = bool(before.tokens)
        asks_role = self._anchor is None and not self._has_role
        role = role_of(self._calls, self._user, trace=self._trace)
        await self._together(
            (True, self._read_positions(before.dexes)),
            (True, self._fills.read(is_continued=True)),
            (asks_role, role),
            (self._asks_dexes, self._read_dexes()),
            (self._asks_funding, self._funding.read()),
            (self._asks_ledger, self._ledger.read()),
            (self._asks_mids, self._read_mids()),
            (True, self._learn(before.positions or (), before.tokens)),
        )

    async def _together(self, *work: tuple[bool, Coroutine[Any, Any, Any]]) -> None:
        """Those that are needed, at once."""
        for is_needed, each in work:
            if not is_needed:
                each.close()
        await together(*(each for is_needed, each in work if is_needed))

    async def _read_positions(self, dexes: tuple[str, ...]) -> None:
        self._positions = await read_positions(
            self._calls, self._user, dexes=dexes, trace=self._trace
        )

    async def _read_dexes(self) -> None:
        question = Question(kind="perpDexs")
        self._dexes, _ = await self._calls.ask(question, dexes_in, trace=self._trace)

    async def _read_mids(self) -> None:
        self._mids, _ = await self._calls.ask(Question(kind="allMids"), mids_in, trace=self._trace)

    async def _check_anchor(self) -> None:
        """See that the fills read before are there again: nothing else tells whose a reply is."""
        if self._has_anchor():
            return
        await self._calls.pause(self._calls.limits.settle_s)
        await self._fills.read()  # another node may be at an older block
        if self._has_anchor() or self._fills.is_unfinished:
            return
        assert self._anchor is not None
        if len(self._fills.rows) >= FILLS_LISTED_MIN:
            self._problems.append(trust.lost_fills(self._fills.rows, since=self._anchor.at))
            return
        raise mismatch(
            f"the fills of {self._user} up to {moment_of(self._anchor.at).isoformat()} are no "
            "longer listed, so the reply is not of this account, or of an older state of it",
            venue=self._calls.name,
            advice="check the address of this connection and what stands behind it; nothing was "
            "changed",
        )

    def _has_anchor(self) -> bool:
        anchor = self._anchor
        if anchor is None or anchor.at < (self._before.fills or 0):
            return True
        there = {fill_id(row) for row in self._fills.rows if row.time == anchor.at}
        return not anchor.ids.isdisjoint(there)

    async def _add_dexes(self) -> None:
        """Builder dexes that were not read: all that there are, and those just traded on."""
        listed = self._dexes if self._dexes is not None else self._traded_dexes()
        left = {dex_of(coin) for coin, size in positions_after(self._fills.news).items() if size}
        read = {MAIN_DEX, *self._positions.states, *self._positions.problems}
        wanted = [dex for dex in dict.fromkeys((*listed, *sorted(left))) if dex not in read]
        most = self._calls.limits.dexes_max
        if len(wanted) > most:
            self._problems.append(f"there are {len(wanted)} builder dexes, only {most} are read")
        await add_dexes(
            self._positions, self._calls, self._user, dexes=wanted[:most], trace=self._trace
        )

    def _traded_dexes(self) -> tuple[str, ...]:
        dexes = {dex_of(row.coin) for row in self._fills.news if not is_spot(row.coin)}
        return tuple(sorted(dexes - {MAIN_DEX}))

    async def _until_quiet(self) -> None:
        """Positions, then fills, until nothing happened between or two readings agree."""
        before: tuple[dict[str, str], dict[str, str]] | None = None
        if self._is_unchanged():
            return
        reads_max = self._calls.limits.position_reads_max
        for reads in range(1, reads_max + 1):
            if before is not None:
                dexes = {*self._positions.dexes, *self._traded_dexes()}
                await self._read_positions(tuple(sorted(dexes)))
            news = await self._fills.continue_reading()
            if self._dexes is None:
                await self._add_dexes()
            if not self._has_fresh_fills() or (before == self._held() and not news):
                return
            before = self._held()
            if reads < reads_max:
                await self._calls.pause(self._calls.limits.settle_s)
        self._problems.append(f"trades went on while the positions were read {reads_max} times")

    def _held(self) -> tuple[dict[str, str], dict[str, str]]:
        return self._positions.sizes, self._positions.tokens

    def _is_unchanged(self) -> bool:
        """Whether all is as the last reading left it."""
        return not self._fills.news and self._held() == (
            self._before.positions, self._before.tokens,
        )  # fmt: skip

    def _has_fresh_fills(self) -> bool:
        fresh = milliseconds_of(self._positions.as_of - FRESH)
        return any(row.time >= fresh for row in self._fills.rows)

    async def _read_what_changed(self) -> None:
        """Funding, transfers and prices, where the positions say that there is something new."""
        positions, before = self._positions, self._before
        is_paid = positions.paid is None or positions.paid != before.paid
        is_moved = positions.tokens != before.tokens or bool(self._backstops())
        reads_funding = is_paid and not self._asks_funding
        reads_ledger = is_moved and not self._asks_ledger
        reads_mids = bool(positions.tokens) and not self._asks_mids
        self._asks_funding = self._asks_funding or reads_funding
        self._asks_ledger = self._asks_ledger or reads_ledger
        await self._together(
            (reads_funding, self._funding.read()),
            (reads_ledger, self._ledger.read()),
            (reads_mids, self._read_mids()),
        )

    def _backstops(self) -> list[FillRow]:
        """Fills of liquidations of this account that took its margin too."""
        return [
            row
            for row in self._fills.rows
            if row.liquidation_method == ledger.BACKSTOP
            and (row.liquidated_user or "").lower() == self._user
        ]

    async def _learn_markets(self) -> None:
        coins = {row.coin for row in self._positions.rows}
        coins |= {row.coin for row in self._fills.rows}
        coins |= {row.coin for row in self._funding.rows}
        balances = self._positions.balances
        tokens = {row.coin for row in balances if isinstance(row, BalanceRow)}
        tokens |= {token for row in self._ledger.rows if (token := ledger.token_of(row))}
        await self._learn(coins, tokens)

    async def _learn(self, coins: Iterable[str], tokens: Iterable[str]) -> None:
        """See that these are known: asked for once in the life of a connection."""
        await self._markets.learn(self._calls, coins=coins, tokens=tokens, trace=self._trace)

    def _translated(self) -> tuple[Read, Bookmark]:
        positions, markets = self._positions, self._markets
        held = holdings_of(positions.states, positions.balances, markets=markets, mids=self._mids)
        happened = (
            fills.translated(self._fills.news, user=self._user, markets=markets),
            ledger.funding(self._funding.rows, markets=markets),
            ledger.transfers(
                self._ledger.rows, user=self._user, markets=markets, backstops=self._backstops()
            ),
        )
        series = (self._fills, self._funding, self._ledger)
        problems = [*self._problems, *positions.problems.values(), *held.problems]
        unexplained = self._doubts.by_symbol()
        problems += unexplained.values()
        holdings = tuple(
            each._replace(problem=each.problem or unexplained.get(each.symbol))
            for each in held.holdings
        )
        problems += [problem for each in series for problem in each.problems]
        problems += [problem for each in happened for problem in each.problems]
        instruments = {each.symbol: each for each in held.instruments}
        for each in happened:
            instruments |= each.instruments
        activities = tuple(activity for each in happened for activity in each.activities)
        if self._before.is_first and (problems or self._before.is_begun):
            unread = positions.problems
            activities = accounted_for(
                activities, holdings=holdings, is_read=lambda each: dex_of(each) not in unread
            )
        if self._before.is_first and self._doubts.positions:  # whose is it?
            holdings, activities = (NOT_YET,), ()
        bookmark = self._bookmark(is_whole=not problems, is_begun=holdings != (NOT_YET,))
        read = Read(
            snapshot=Snapshot(
                as_of=positions.as_of,
                # Not compared with a book that is still of long ago; the activities count.
                holdings=(NOT_YET,) if self._fills.is_unfinished else holdings,
                complete=not problems,
                problems=tuple(problems),
            ),
            activities=activities,
            evidence=tuple(self._trace.replies),
            instruments=tuple(instruments.values()),
            ignored=(*held.ignored, *self._gaps(), *(w for each in happened for w in each.ignored)),
            cursor=bookmark.text(),
        )
        return read, bookmark

    @cached_property
    def _doubts(self) -> Doubts:
        """What of the positions is not believed; asked for once all is read."""
        return Doubts(
            before=self._before,
            positions_told=self._positions,
            fills=self._fills,
            ledger=self._ledger.rows,
            markets=self._markets,
            is_same_account=self._has_anchor(),
            at=self._began_at,
        )

    def _gaps(self) -> list[str]:
        """Fills that are missing, by what was held when the last reading ended.

        A history begins with nothing held: else it is longer than the fills that are listed.
        """
        before = self._before.positions
        held: dict[str, Decimal] = {}
        if before is not None or self._before.fills is None:
            held = {row.coin: ZERO for row in self._fills.news}
            held |= {coin: exact(size) for coin, size in (before or {}).items()}
        return [gap.words for gap in fills.gaps(self._fills.news, held=held)]

    def _bookmark(self, *, is_whole: bool, is_begun: bool) -> Bookmark:
        before, positions, doubts = self._before, self._positions, self._doubts
        began = milliseconds_of(self._began_at)
        latest = self._fills.latest
        seen = {fill_id(row) for row in self._fills.rows if row.time == latest}
        has_all_dexes = self._dexes is not None and is_whole
        after = Bookmark(
            fills=latest,
            seen=frozenset(seen) or before.seen,
            funding=self._funding.latest,
            funding_asked=began if self._asks_funding else before.funding_asked,
            ledger=self._ledger.latest,
            ledger_asked=began if self._asks_ledger else before.ledger_asked,
            positions=positions.sizes if is_whole else doubts.expected,
            is_settled=before.positions is not None and (is_whole or before.is_settled),
            doubts={coin: before.doubts.get(coin, began) for coin in doubts.positions},
            drifts=doubts.drifts,
            tokens=doubts.tokens_left(),
            token_doubts={token: positions.tokens.get(token, "0") for token in doubts.tokens},
            paid=positions.paid or {},
            dexes=positions.dexes if is_whole else doubts.dexes,
            scanned=began if has_all_dexes else before.scanned,
        )
        is_open = self._has_unread_fills() or (before.is_first and not is_whole)
        if not is_open or self._fills.is_unfinished:
            return after
        return replace(after.with_fills_of(before), is_begun=before.is_begun or is_begun)

    def _has_unread_fills(self) -> bool:
        """Whether fills came that cannot be read: they are asked for again in the next reading."""
        return bool(self._fills.problems) or not all(map(fills.is_readable, self._fills.rows))

    def _is_older(self, asked: int | None, age: timedelta) -> bool:
        """Whether something was asked so long ago, or never."""
        return asked is None or milliseconds_of(self._began_at - age) >= asked

    def _is_funding_due(self) -> bool:
        """Whether an hour has turned since funding was asked for, and its payments are listed."""
        now = milliseconds_of(self._began_at - FUNDING_SETTLES)
        hour = now - now % (HOUR // MILLISECOND)
        asked = self._before.funding_asked
        return asked is None or asked < hour + FUNDING_SETTLES // MILLISECOND
