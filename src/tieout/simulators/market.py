"""A scripted market and its accounts; the venues' wires are put around it.

Everything that happens is told to it: `market.trade("main", "AAPL", "10")`. Time comes from the
clock it was given, chance from the generator it was given, so that a run can be repeated.
It may be changed from any thread.
"""

from typing import Any

from tieout.simulators.corporate_actions import CorporateActions
from tieout.simulators.ledger import Account, Impossible
from tieout.simulators.option_events import OptionEvents
from tieout.simulators.trading import Trading

__all__ = ["Account", "Impossible", "Market"]

ACTIONS = frozenset(
    {
        "announce",
        "assign_option",
        "bust_fill",
        "cancel_booking",
        "cancel_order",
        "close_day",
        "correct_fill",
        "exercise_option",
        "expire_option",
        "fill_order",
        "list_asset",
        "merge",
        "open_account",
        "pay",
        "pay_cash_in_lieu",
        "pay_dividend",
        "place_order",
        "post_withheld",
        "rename",
        "reset_account",
        "set_price",
        "spin_off",
        "split",
        "trade",
        "transfer",
        "unit_split",
    }
)


class Market(Trading, CorporateActions, OptionEvents):
    """Accounts, prices and everything that can happen to them.

    >>> from datetime import UTC, datetime
    >>> from random import Random
    >>> market = Market(clock=lambda: datetime(2026, 3, 2, 15, tzinfo=UTC), chance=Random(1))
    >>> _ = market.open_account("main", cash="1000"), market.list_asset("AAPL", price="20")
    >>> market.trade("main", "AAPL", "10").status
    'filled'
    >>> market.accounts["main"].cash
    Decimal('800')
    """

    actions = ACTIONS

    def shown(self) -> Any:
        """What each account holds, for a person to look at."""
        return {
            name: {
                "id": account.id,
                "cash": f"{account.cash:f}",
                "holdings": {
                    symbol: f"{holding.quantity:f}" for symbol, holding in account.holdings.items()
                },
            }
            for name, account in self.accounts.items()
        }
