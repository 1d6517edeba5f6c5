"""Isolated margin: each position in a hidden subaccount of its own, a slot, as Coinbase's guide to
isolated positions has it."""

from dataclasses import replace

from tieout.simulators.coinbase_happenings import CoinbaseHappenings
from tieout.simulators.coinbase_ledger import CoinbaseAccount
from tieout.simulators.coinbase_records import Order
from tieout.simulators.holdings import Number
from tieout.simulators.ledger import Impossible

SLOTS_FROM = 200_000  # where the numbers of slots begin
SLOTS_MAX = 20  # documented: a main account's usual limit of subaccounts


class CoinbaseIsolated(CoinbaseHappenings):
    """The part of the market where positions are kept apart."""

    def trade_isolated(
        self,
        account: str,
        product: str,
        quantity: Number,
        *,
        price: Number | None = None,
        slot: int | None = None,
        trade_number: int | None = None,
    ) -> int:
        """Buys (+) or sells (-) a perpetual in isolated margin; says in which slot: the one that
        is bound to the perpetual, else a free one, else a new one, unless it is told."""
        with self.changing():
            owner = self.account(account)
            if self.product(product).kind != "perp":
                raise Impossible(f"{product} is no perpetual")
            number = self._slot_for(owner, product) if slot is None else slot
            held_in = owner.slots.get(number) or self._open_slot(owner, number)
            self.trade_in(held_in, product, quantity, price=price, trade_number=trade_number)
            self._sweep(held_in)
            return number

    def liquidate_isolated(self, account: str, slot: int) -> Order:
        """Takes away all that is in a slot, by an order of the venue."""
        with self.changing():
            held_in = self._slot(account, slot)
            (product,) = held_in.state.perps
            order = self.liquidate_in(held_in, product)
            self._sweep(held_in)
            return order

    def hide_slot(self, account: str, slot: int) -> None:
        """It is in no list any more; who asks for it by its number is still answered."""
        with self.changing():
            self._slot(account, slot).is_listed = False

    def remove_slot(self, account: str, slot: int) -> None:
        """There is no such slot any more, nor anything that happened in it."""
        with self.changing():
            self._slot(account, slot)
            del self.account(account).slots[slot]

    def _slot(self, account: str, slot: int) -> CoinbaseAccount:
        found = self.account(account).slots.get(slot)
        if found is None:
            raise Impossible(f"{account} has no isolated subaccount {slot}")
        return found

    def _slot_for(self, owner: CoinbaseAccount, product: str) -> int:
        for number, each in owner.slots.items():
            if product in each.state.perps:
                return number
        free = (number for number, each in owner.slots.items() if not each.state.perps)
        others = (number for each in self.accounts.values() for number in each.slots)
        return next(free, None) or max(others, default=SLOTS_FROM) + 1

    def _open_slot(self, owner: CoinbaseAccount, number: int) -> CoinbaseAccount:
        if len(owner.slots) >= SLOTS_MAX:
            raise Impossible(f"{owner.name} has {SLOTS_MAX} isolated subaccounts already")
        opened = CoinbaseAccount(
            name=owner.name,
            user=owner.user,
            user_id=owner.user_id,
            portfolio=owner.portfolio,
            type=owner.type,
            opened_at=self.clock(),
            perp_rate=owner.perp_rate,
            slot=number,
        )
        owner.slots[number] = opened
        return opened

    def _sweep(self, held_in: CoinbaseAccount) -> None:
        """What is left where nothing is held goes back to the account; the slot is free again."""
        if held_in.state.perps:
            return
        owner = self.account(held_in.name)
        for currency, money in held_in.state.purse.items():
            self.put(owner, owner.state.with_money(currency, money))
            self.book(owner, "transfer", currency, money)
        self.put(held_in, replace(held_in.state, purse={}))
