"""What of a reading's positions is not believed, and what stands in its place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from tieout.core.numbers import exact, normal, plain, subtract
from tieout.venues.hyperliquid import trust
from tieout.venues.hyperliquid.bookmark import Bookmark
from tieout.venues.hyperliquid.markets import MAIN_DEX, Markets, dex_of
from tieout.venues.hyperliquid.pages import Series
from tieout.venues.hyperliquid.positions import Positions
from tieout.venues.hyperliquid.rows import FillRow, LedgerRow
from tieout.venues.moments import milliseconds_of

DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Doubts:
    """Positions as they were reported, beside what the last reading and all since lead to."""

    before: Bookmark
    positions_told: Positions
    fills: Series[FillRow]
    ledger: Sequence[LedgerRow]
    markets: Markets
    is_same_account: bool
    at: datetime

    @cached_property
    def expected(self) -> dict[str, str] | None:
        """The sizes that the last reading and the fills since lead to; None where that is open."""
        before = self.before.positions
        is_open = before is None and not self.before.is_first
        if is_open or self.fills.is_unfinished or self.fills.problems:
            return None
        return trust.expected_positions(before or {}, self.fills.news)

    @cached_property
    def positions(self) -> dict[str, str]:
        """Perpetuals that are not believed, with words for each."""
        before, told = self.before, self.positions_told
        expected, sizes, unread = self.expected, told.sizes, told.unread
        if expected is None:
            return {}
        if before.positions is None:  # of what no fill is listed, nothing is known
            traded = {row.coin for row in self.fills.rows}
            sizes = {coin: size for coin, size in sizes.items() if coin in traded}
            unread &= traded
        found = trust.unexplained_positions(expected, sizes, unread)
        open_to_doubt = found.keys() - (self._over - unread)
        return {
            coin: words
            for coin, words in found.items()
            if coin in open_to_doubt and dex_of(coin) not in told.problems
        }

    @property
    def _over(self) -> set[str]:
        """Perpetuals of which the doubt has ended: it is a day old, or it was told again."""
        before = self.before
        if before.is_settled and self.is_same_account:
            latest = milliseconds_of(self.at - DAY)
            return {coin for coin, since in before.doubts.items() if since <= latest}
        return {coin for coin, drift in before.drifts.items() if self._drift(coin) == drift}

    def _drift(self, coin: str) -> str:
        """How far from what its fills leave a perpetual is reported."""
        told, led = self.positions_told.sizes, self.expected or {}
        return plain(normal(subtract(exact(told.get(coin, "0")), exact(led.get(coin, "0")))))

    @property
    def drifts(self) -> dict[str, str]:
        """That of each perpetual that is not believed and has a size."""
        unread = self.positions_told.unread
        return {coin: self._drift(coin) for coin in self.positions if coin not in unread}

    @cached_property
    def tokens(self) -> dict[str, str]:
        """Spot tokens that are not believed, with words for each, until they are told again."""
        before, told = self.before, self.positions_told.tokens
        if before.positions is None or self.fills.is_unfinished:
            return {}
        found = trust.unexplained_tokens(
            before.tokens, told, news=self.fills.news, ledger=self.ledger, markets=self.markets
        )
        doubts = before.token_doubts.items()
        again = {token for token, total in doubts if told.get(token, "0") == total}
        return {token: words for token, words in found.items() if token not in again}

    @property
    def dexes(self) -> tuple[str, ...]:
        """The builder dexes to read again: a reply without a position may have been a wrong one."""
        led = {dex_of(coin) for coin in self.expected or {}} - {MAIN_DEX}
        return tuple(sorted({*self.before.dexes, *self.positions_told.dexes, *led}))

    def tokens_left(self) -> dict[str, str]:
        """The spot balances: as told, or as the last fills left them where that is doubted."""
        told, doubted = self.positions_told.tokens, self.tokens
        left = trust.expected_tokens(self.before.tokens, self.fills.news, self.markets)
        return {
            **{token: total for token, total in told.items() if token not in doubted},
            **{token: total for token, total in left.items() if token in doubted},
        }

    def by_symbol(self) -> Mapping[str, str]:
        """All that is not believed, by the symbols of the holdings."""
        tokens = {self.markets.token(each).symbol: words for each, words in self.tokens.items()}
        return {**self.positions, **tokens}
