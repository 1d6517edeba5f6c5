"""A scripted Coinbase: everything that happens there is told to it."""

from typing import Any

from tieout.simulators.coinbase_isolated import CoinbaseIsolated
from tieout.simulators.coinbase_ledger import CoinbaseAccount

__all__ = ["CoinbaseAccount", "CoinbaseMarket"]


class CoinbaseMarket(CoinbaseIsolated):
    """Portfolios, products, prices and everything that can happen to them.

    >>> from datetime import UTC, datetime
    >>> from random import Random
    >>> now = datetime(2026, 3, 2, 15, tzinfo=UTC)
    >>> market = CoinbaseMarket(clock=lambda: now, chance=Random(1))
    >>> _ = market.open_account("main", cash="1000"), market.list_pair("ETH-USD", price="100")
    >>> market.trade("main", "ETH-USD", "2").status
    'FILLED'
    >>> market.accounts["main"].state.wallets["USD"].total  # 1000 - 200 - 0.6 % of 200
    Decimal('798.800')
    """

    actions = frozenset(
        {
            "add_key",
            "buy_for",
            "cancel_order",
            "close_day",
            "close_wallets",
            "convert",
            "deposit",
            "expire",
            "fill_order",
            "hide_slot",
            "liquidate",
            "liquidate_isolated",
            "list_future",
            "list_pair",
            "list_perp",
            "move_funds",
            "move_to_futures",
            "move_to_perps",
            "open_account",
            "open_wallet",
            "pay_funding",
            "place_order",
            "remove_slot",
            "revoke_key",
            "set_price",
            "trade",
            "trade_isolated",
            "withdraw",
        }
    )

    def shown(self) -> Any:
        """What each account holds, for a person to look at."""
        return {
            name: {
                "portfolio": owner.portfolio,
                "keys": [
                    {"name": key.name, "secret": key.secret, "can_trade": key.can_trade}
                    for key in owner.keys
                ],
                "wallets": {
                    coin: {"total": f"{wallet.total:f}", "hold": f"{wallet.hold:f}"}
                    for coin, wallet in owner.state.wallets.items()
                },
                "futures": _quantities(owner.state.futures),
                "perps": _quantities(owner.state.perps),
                "gateway": {coin: f"{money:f}" for coin, money in owner.state.purse.items()},
                "isolated": {
                    str(number): _quantities(slot.state.perps)
                    for number, slot in owner.slots.items()
                },
            }
            for name, owner in self.accounts.items()
        }


def _quantities(positions: Any) -> dict[str, str]:
    return {name: f"{position.quantity:f}" for name, position in positions.items()}
