"""What companies do to their shares: splits, new names, spin-offs, mergers, dividends.

Each acts on every account that holds the shares and writes the rows Alpaca writes, in one group:
the old shares out, the new ones in (docs.alpaca.markets, activity samples).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from typing import Literal

from tieout.simulators.holdings import ONE, ZERO, Holding, Number, exact
from tieout.simulators.ledger import NEW_YORK, Account, Impossible, Ledger
from tieout.simulators.records import Announcement, Booking, BookingKind

CENT = Decimal("0.01")
SHOWN = Decimal("0.0001")  # prices in corporate actions are written with four decimals
SMALLEST = Decimal("0.000000001")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Action:
    """What all rows of one action in one account share."""

    kind: BookingKind
    group: str
    variant: str
    detail: Mapping[str, str]


class CorporateActions(Ledger):
    """The part of a market where companies act."""

    def announce(
        self,
        kind: Literal["split", "merger", "spinoff", "dividend"],
        symbol: str,
        *,
        variant: str = "",
        target: str = "",
        old: Number = "1",
        new: Number = "1",
        cash: Number = "0",
        in_days: int = 1,
    ) -> Announcement:
        """Makes public what is to come; nothing changes yet."""
        usual = {"split": "stock_split", "merger": "merger_update", "dividend": "cash"}
        with self.changing():
            today = self.clock().astimezone(NEW_YORK).date()
            announcement = Announcement(
                id=self.new_id(),
                kind=kind,
                variant=variant or usual.get(kind, kind),
                symbol=self.asset(symbol).symbol,
                target=target or symbol,
                on=today + timedelta(days=in_days),
                declared_on=today,
                old_rate=exact(old),
                new_rate=exact(new),
                cash=exact(cash),
            )
            self.announcements.append(announcement)
            return announcement

    def split(
        self,
        symbol: str,
        *,
        old: Number,
        new: Number,
        fractions: Literal["keep", "cash"] = "keep",
        is_applied: bool = True,
    ) -> None:
        """`new` shares for `old`. With fractions="cash" only whole shares stay and the rest is
        paid later by `pay_cash_in_lieu`. A paper account may not apply it: the price changes and
        nothing else does."""
        with self.changing():
            old_rate, new_rate = exact(old), exact(new)
            old_price = self.prices[self.asset(symbol).symbol] or ZERO
            for board in (self.prices, self.closes):
                price = board[symbol]
                if price is not None:
                    board[symbol] = _divided(price, times=old_rate, by=new_rate)
            for account in self._holders(symbol) if is_applied else []:
                before = account.holdings[symbol]
                quantity = _divided(before.quantity, times=new_rate, by=old_rate)
                after = before.rescaled(quantity)
                if fractions == "cash":
                    after = after.reduced(quantity - quantity.quantize(ONE, ROUND_DOWN))
                action = self._action(
                    "split",
                    "forward" if new_rate > old_rate else "reverse",
                    symbol=symbol,
                    old_qty=before.quantity,
                    new_qty=quantity,
                    old_rate=old_rate,
                    new_rate=new_rate,
                )
                self._give_up(account, symbol, old_price, action)
                self._take_in(account, symbol, after, self.prices[symbol] or ZERO, action)

    def pay_cash_in_lieu(self, account: str, symbol: str, amount: Number) -> Booking:
        """The money for a fraction of a share, days after a reverse split."""
        with self.changing():
            owner = self.account(account)
            return self.book(owner, "cash_in_lieu", symbol=symbol, cash=exact(amount))

    def rename(self, old: str, new: str) -> None:
        """A new ticker for the same asset: the id stays."""
        with self.changing():
            self.assets[new] = replace(self.asset(old), symbol=new)
            self.prices[new], self.closes[new] = self.prices[old], self.closes[old]
            price = self.prices[old] or ZERO
            for account in self._holders(old):
                holding = account.holdings[old]
                action = self._action(
                    "rename",
                    "symbol",
                    old_symbol=old,
                    new_symbol=new,
                    position_qty=abs(holding.quantity),
                )
                self._give_up(account, old, price, action)
                self._take_in(account, new, holding, price, action)
            self.delist(old)

    def unit_split(
        self, unit: str, *, into: str, rate: Number, alternate: str, alternate_rate: Number
    ) -> None:
        """A unit falls apart into shares, which take over the cost, and warrants at nothing."""
        with self.changing():
            price = self.prices[self.asset(unit).symbol] or ZERO
            self.asset(into), self.asset(alternate)
            for account in self._holders(unit):
                before = account.holdings[unit]
                shares = before.quantity * exact(rate)
                warrants = before.quantity * exact(alternate_rate)
                action = self._action(
                    "split",
                    "unit",
                    old_symbol=unit,
                    new_symbol=into,
                    alternate_symbol=alternate,
                    old_qty=before.quantity,
                    new_qty=shares,
                    alternate_qty=warrants,
                    old_rate=ONE,
                    new_rate=exact(rate),
                    alternate_rate=exact(alternate_rate),
                )
                self._give_up(account, unit, price, action)
                self._take_in(account, into, before.rescaled(shares), price / exact(rate), action)
                self._take_in(account, alternate, Holding().traded(warrants, ZERO), ZERO, action)
            self.delist(unit)

    def spin_off(self, parent: str, *, child: str, rate: Number) -> None:
        """`rate` shares of the child for each share of the parent, at a price of nothing: who
        keeps the books must divide the cost."""
        with self.changing():
            price = self.prices[self.asset(parent).symbol] or ZERO
            self.asset(child)
            for account in self._holders(parent):
                held = account.holdings[parent].quantity
                received = _divided(held, times=exact(rate))
                action = self._action(
                    "spin_off",
                    "",
                    new_symbol=child,
                    source_symbol=parent,
                    new_qty=received,
                    source_qty=held,
                    new_rate=exact(rate),
                    source_rate=ONE,
                    new_price=ZERO,
                    source_price=price,
                )
                self._take_in(account, child, Holding().traded(received, ZERO), ZERO, action)

    def merge(
        self,
        symbol: str,
        *,
        cash: Number | None = None,
        acquirer: str | None = None,
        rate: Number = "1",
    ) -> None:
        """The company is bought: for cash per share, for the acquirer's shares, or for both."""
        if cash is None and acquirer is None:
            raise Impossible("a merger pays cash, shares of an acquirer, or both")
        with self.changing():
            self.asset(symbol), self.asset(acquirer or symbol)
            for account in self._holders(symbol):
                per_share = None if cash is None else exact(cash)
                self._merge_one(account, symbol, per_share, acquirer, exact(rate))
            self.delist(symbol)

    def _merge_one(
        self,
        account: Account,
        symbol: str,
        per_share: Decimal | None,
        acquirer: str | None,
        rate: Decimal,
    ) -> None:
        before, price = account.holdings[symbol], self.prices[symbol] or ZERO
        told: dict[str, Decimal | str] = {
            "acquiree_symbol": symbol,
            "acquiree_qty": before.quantity,
        }
        payout = ZERO
        if per_share is not None:
            payout = (before.quantity * per_share).quantize(CENT, ROUND_HALF_EVEN)
            told |= {"cash_rate": per_share, "cash_payout": payout}
        after = before.rescaled(_divided(before.quantity, times=rate))
        if acquirer is not None:
            told |= {"acquirer_symbol": acquirer, "acquirer_qty": after.quantity}
            told |= {"acquiree_rate": ONE, "acquirer_rate": rate}
        variant = "both" if acquirer and per_share is not None else "stock" if acquirer else "cash"
        action = self._action("merger", variant, **told)
        if per_share is not None:
            self._row(account, action, symbol=symbol, cash=payout)
        self._give_up(account, symbol, price, action)
        if acquirer is not None:
            self._take_in(account, acquirer, after, price / rate, action)

    def pay_dividend(self, symbol: str, per_share: Number) -> None:
        """Cash for every share held; who is short pays it."""
        with self.changing():
            self.asset(symbol)
            for account in self._holders(symbol):
                held = account.holdings[symbol].quantity
                self.book(
                    account,
                    "dividend",
                    symbol=symbol,
                    cash=(held * exact(per_share)).quantize(CENT, ROUND_HALF_EVEN),
                    quantity=held,
                    per_share=exact(per_share),
                    variant="cash",
                )

    def _holders(self, symbol: str) -> list[Account]:
        return [each for each in self.accounts.values() if symbol in each.holdings]

    def _action(self, kind: BookingKind, variant: str, **told: Decimal | str) -> _Action:
        detail = {
            name: value if isinstance(value, str) else f"{value.normalize():f}"
            for name, value in told.items()
        }
        return _Action(kind=kind, group=self.new_id(), variant=variant, detail=detail)

    def _give_up(self, account: Account, symbol: str, price: Decimal, action: _Action) -> None:
        """The row that takes all of the old shares out."""
        out = -account.holdings[symbol].quantity
        self._row(account, action, symbol=symbol, after=Holding(), quantity=out, price=price)

    def _take_in(
        self, account: Account, symbol: str, new: Holding, price: Decimal, action: _Action
    ) -> None:
        """The row that brings the new shares in, on top of what is held of them."""
        held = account.holdings.get(symbol)
        after = new if held is None else held.traded(new.quantity, new.cost)
        self._row(account, action, symbol=symbol, after=after, quantity=new.quantity, price=price)

    def _row(
        self,
        account: Account,
        action: _Action,
        *,
        symbol: str,
        after: Holding | None = None,
        quantity: Decimal = ZERO,
        price: Decimal = ZERO,
        cash: Decimal = ZERO,
    ) -> None:
        self.book(
            account,
            action.kind,
            symbol=symbol,
            after=after,
            cash=cash,
            quantity=quantity,
            price=price.quantize(SHOWN, ROUND_HALF_EVEN),
            group=action.group,
            variant=action.variant,
            detail=action.detail,
        )


def _divided(quantity: Decimal, *, times: Decimal, by: Decimal = ONE) -> Decimal:
    """A quantity or price after an exchange, in the nine decimals that are kept."""
    return (quantity * times / by).quantize(SMALLEST, ROUND_DOWN)
