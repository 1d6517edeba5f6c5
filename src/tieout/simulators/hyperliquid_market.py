"""A scripted Hyperliquid: everything that happens there is told to it."""

from tieout.simulators.hyperliquid_happenings import HyperliquidHappenings
from tieout.simulators.hyperliquid_ledger import HyperliquidAccount, address_of

__all__ = ["HyperliquidAccount", "HyperliquidMarket", "address_of"]


class HyperliquidMarket(HyperliquidHappenings):
    """Accounts, coins, prices and everything that can happen to them.

    >>> from datetime import UTC, datetime
    >>> from random import Random
    >>> now = datetime(2026, 3, 2, 15, tzinfo=UTC)
    >>> market = HyperliquidMarket(clock=lambda: now, chance=Random(1))
    >>> _ = market.open_account("main", cash="1000"), market.list_perp("SOL", price="150")
    >>> [fill.direction for fill in market.trade("main", "SOL", "-2", parts=["0.5"])]
    ['Open Short', 'Open Short']
    >>> market.accounts["main"].state.positions["SOL"].size
    Decimal('-2.0')
    """

    actions = frozenset(
        {
            "approve_agent",
            "cancel_order",
            "convert_dust",
            "deleverage",
            "deposit",
            "fill_order",
            "liquidate",
            "list_dex",
            "list_pair",
            "list_perp",
            "list_token",
            "move_class",
            "move_margin",
            "move_to_dex",
            "move_to_sub_account",
            "net_vaults",
            "open_account",
            "open_sub_account",
            "pay_funding",
            "place_order",
            "self_trade",
            "set_coins",
            "set_leverage",
            "set_mode",
            "set_price",
            "settle",
            "trade",
            "transfer_spot",
            "withdraw",
        }
    )
