"""What positions are worth, what margin they use, and where they would be liquidated."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from tieout.simulators.holdings import ONE, ZERO
from tieout.simulators.hyperliquid_ledger import HyperliquidAccount, HyperliquidLedger
from tieout.simulators.hyperliquid_values import Position, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A margin summary: what it is worth, the margin used, the positions' value, the money."""

    value: Decimal
    used: Decimal
    notional: Decimal
    raw: Decimal


@dataclass(frozen=True)
class Margins:
    """The margin of one account on one dex, from its state and the prices at some moment.

    It is made for one look: what cross positions leave free is reckoned once for all of them.
    """

    market: HyperliquidLedger
    account: HyperliquidAccount
    state: State
    dex: str

    def positions(self) -> dict[str, Position]:
        """By coin, those on this dex."""
        return {
            coin: position
            for coin, position in self.state.positions.items()
            if self.market.perps[coin].dex == self.dex
        }

    def notional(self, coin: str, position: Position) -> Decimal:
        return abs(position.size) * self.market.marks[coin]

    def used(self, coin: str, position: Position) -> Decimal:
        """Recorded: value over leverage; isolated, all that the position is worth."""
        if position.is_isolated:
            return position.equity(self.market.marks[coin])
        return self.notional(coin, position) / position.leverage

    def maintenance(self, coin: str, position: Position) -> Decimal:
        """Docs: half of the initial margin at the most leverage."""
        return self.notional(coin, position) / (2 * self.market.perps[coin].leverage_max)

    def cross(self) -> Summary:
        """Positions that share the dex's purse."""
        return self._summary(
            {coin: each for coin, each in self.positions().items() if not each.is_isolated}
        )

    def whole(self) -> Summary:
        """Isolated positions too, with their own money."""
        return self._summary(self.positions())

    def _summary(self, positions: dict[str, Position]) -> Summary:
        raw = self.state.purses.get(self.dex, ZERO)
        raw += sum((each.money for each in positions.values()), ZERO)
        signed = sum(
            (each.size * self.market.marks[coin] for coin, each in positions.items()), ZERO
        )
        return Summary(
            value=raw + signed,
            used=sum((self.used(coin, each) for coin, each in positions.items()), ZERO),
            notional=sum((self.notional(coin, each) for coin, each in positions.items()), ZERO),
            raw=raw,
        )

    def cross_maintenance(self) -> Decimal:
        return sum(
            (
                self.maintenance(coin, each)
                for coin, each in self.positions().items()
                if not each.is_isolated
            ),
            ZERO,
        )

    def withdrawable(self) -> Decimal:
        """Recorded: what cross margin does not use; nothing under a shared purse (assumed)."""
        if self.account.has_shared_purse:
            return ZERO
        cross = self.cross()
        return max(cross.value - cross.used, ZERO)

    def liquidation_price(self, coin: str, position: Position) -> Decimal | None:
        """Docs: price - side x available margin / size / (1 - l x side), with l the maintenance
        margin's share of the value; None where no price would do it."""
        mark = self.market.marks[coin]
        side = ONE.copy_sign(position.size)
        if position.is_isolated:
            available = position.equity(mark) - self.maintenance(coin, position)
        else:
            available = self._cross_available
        share = ONE / (2 * self.market.perps[coin].leverage_max)
        price = mark - side * available / abs(position.size) / (ONE - share * side)
        return price if price > ZERO else None

    @cached_property
    def _cross_available(self) -> Decimal:
        return self.cross().value + self._shared() - self.cross_maintenance()

    def _shared(self) -> Decimal:
        if not self.account.has_shared_purse:
            return ZERO
        return self.state.held(self.market.dexes[self.dex].collateral).total
