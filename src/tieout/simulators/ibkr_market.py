"""A scripted Interactive Brokers: what happens there, and to its gateway, is told to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tieout.simulators.holdings import ZERO, Holding, Number, exact
from tieout.simulators.ibkr_books import IbkrBooks, fills_of
from tieout.simulators.ibkr_contracts import Row
from tieout.simulators.ledger import Impossible
from tieout.simulators.market import ACTIONS

__all__ = ["IbkrMarket", "Login", "fills_of"]

LOST, RESTORED_WITHOUT_DATA, RESTORED = 1100, 1101, 1102


@dataclass(slots=True)
class Login:
    """What a gateway's login shows, and how it is connected."""

    managed: Sequence[str] | None = None  # names; None: every account of the market
    linked: set[str] = field(default_factory=set)  # have values, but a download that never ends
    occupied: set[int] = field(default_factory=set)  # client ids that somebody else uses
    frozen: Mapping[str, list[Row]] | None = None  # what was held when the link was lost
    lets_fills_through: bool = False  # in spite of the lost link
    is_resetting: bool = False  # nobody is let in


class IbkrMarket(IbkrBooks):
    """Accounts, contracts, prices, everything that can happen to them, and to their gateway.

    >>> from datetime import UTC, datetime
    >>> from random import Random
    >>> now = datetime(2026, 3, 2, 15, tzinfo=UTC)
    >>> market = IbkrMarket(clock=lambda: now, chance=Random(1))
    >>> _ = market.open_account("U1", cash="10000"), market.list_asset("AAPL", price="50")
    >>> market.trade("U1", "AAPL", "100").status
    'filled'
    >>> [row.cost for row in market.rows(market.accounts["U1"])]  # with the commission
    [Decimal('5001')]
    """

    actions = ACTIONS | {
        "begin_reset",
        "drop_all",
        "end_reset",
        "expire_future",
        "free_client_id",
        "link_account",
        "list_bond",
        "list_future",
        "list_option",
        "lose_link",
        "manage",
        "occupy_client_id",
        "restore_link",
        "say",
        "set_apart",
        "set_commission",
        "set_dialect",
        "set_rate",
        "tell_marks",
        "withhold_commissions",
    }

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.login = Login()

    def expire_future(self, symbol: str, *, price: Number | None = None) -> None:
        """The last day is over: every account's contracts are settled in cash and gone. There is
        no execution of it."""
        with self.changing():
            if self.contract(symbol).sec_type != "FUT":
                raise Impossible(f"{symbol} is no future")
            last = self.prices[symbol] if price is None else exact(price)
            if last is None:
                raise Impossible(f"{symbol} has no price to be settled at")
            for account in self.accounts.values():
                held = account.holdings.get(symbol, Holding()).quantity
                if held != ZERO:
                    worth = self.value_of(symbol, held, last)
                    facts = {"quantity": -held, "price": last, "cash": worth}
                    self.book(account, "expiry", symbol=symbol, after=Holding(), **facts)
            self.delist(symbol)

    # What happens to the gateway.

    def manage(self, accounts: Sequence[str] | None = None) -> None:
        """Another login: from now on these accounts, all of the market for None."""
        with self.changing():
            for name in accounts or ():
                self.account(name)
            self.login.managed = accounts

    def set_dialect(self, **changed: Any) -> None:
        """Another make of gateway: `times="utc"`, `lists_closed=False`; see `Dialect`."""
        with self.changing():
            for watcher in self._watchers:
                watcher.on_dialect(changed)

    def link_account(self, account: str, is_linked: bool = True) -> None:
        """A secondary account of a linked login: its values come, its portfolio does not, and the
        download of it never ends."""
        with self.changing():
            change = self.login.linked.add if is_linked else self.login.linked.discard
            change(self.account(account).name)

    def lose_link(self, *, lets_fills_through: bool = False) -> None:
        """The gateway loses IBKR, clients stay connected: 1100. Positions stand still until
        `restore_link`; fills are not told, but some gateways still let them through."""
        with self.changing():
            self.login.frozen = {
                account.name: [*self.rows(account), *self.closed_today(account)]
                for account in self.accounts.values()
            }
            self.login.lets_fills_through = lets_fills_through
            self.say(LOST)

    def restore_link(self, *, keeps_data: bool = True) -> None:
        """IBKR is back: 1102, or 1101 where subscriptions are lost. Nothing that was missed is
        told again, clients have to ask."""
        with self.changing():
            self.login.frozen = None
            if not keeps_data:
                for watcher in self._watchers:
                    watcher.on_subscriptions_lost()
            self.say(RESTORED if keeps_data else RESTORED_WITHOUT_DATA)

    def say(self, code: int, text: str = "") -> None:
        """A message to every client that is about no request: 2103, 2110, 1300."""
        with self.changing():
            for watcher in self._watchers:
                watcher.on_message(code, text)

    def tell_marks(self) -> None:
        """What comes every three minutes: each client's account with its prices of now."""
        with self.changing():
            for watcher in self._watchers:
                watcher.on_marks()

    def drop_all(self) -> None:
        """Every connection ends; new ones are let in at once."""
        with self.changing():
            for watcher in self._watchers:
                watcher.on_drop()

    def begin_reset(self) -> None:
        """The nightly reset: IBKR is lost, every connection ends, and who comes is turned away
        until `end_reset`. The port itself stays; where it shall not, stop the simulator."""
        with self.changing():
            self.login.is_resetting = True
            self.say(LOST)
            self.drop_all()

    def end_reset(self) -> None:
        with self.changing():
            self.login.is_resetting = False

    def occupy_client_id(self, client_id: int) -> None:
        """Somebody else uses this id, or who used it crashed and it lingers: 326."""
        with self.changing():
            self.login.occupied.add(client_id)

    def free_client_id(self, client_id: int) -> None:
        with self.changing():
            self.login.occupied.discard(client_id)
