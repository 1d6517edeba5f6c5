"""A scripted market and its accounts; the venues' wires are put around it.

Everything that happens is told to it: `market.trade("main", "AAPL", "10")`. Time comes from the
clock it was given, chance from the generator it was given, so that a run can be repeated.
It may be changed from any thread.
"""

from tieout.simulators.corporate_actions import CorporateActions
from tieout.simulators.ledger import Account, Impossible
from tieout.simulators.option_events import OptionEvents
from tieout.simulators.trading import Trading

__all__ = ["Account", "Impossible", "Market"]


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
