"""The portfolio breakdown and the US futures, in the words of Advanced Trade."""

from decimal import Decimal
from typing import Any

from tieout.simulators.coinbase_dialect import Dialect
from tieout.simulators.coinbase_ledger import CoinbaseAccount, CoinbaseLedger
from tieout.simulators.coinbase_values import Position, Product, State, Wallet
from tieout.simulators.coinbase_wire import (
    Json,
    asset_id,
    bare,
    instant,
    is_cash,
    money,
    portfolio_row,
    text,
)
from tieout.simulators.holdings import ZERO

INITIAL = Decimal("0.1")  # shares of the worth that are margin
MAINTENANCE = Decimal("0.05")
ICON = "https://dynamic-assets.coinbase.com/asset_icons/{}.png"


def side_of(quantity: Decimal) -> str:
    return "LONG" if quantity > ZERO else "SHORT"


def exposure(product: Product, position: Position, price: Decimal) -> Decimal:
    return abs(product.worth(position.quantity, price))


class Breakdown:
    """What a portfolio holds at one moment, in each of the three shapes it is shown."""

    def __init__(
        self, market: CoinbaseLedger, owner: CoinbaseAccount, state: State, dialect: Dialect
    ) -> None:
        self._market = market
        self._owner = owner
        self._state = state
        self._dialect = dialect

    def whole(self) -> Json:
        """`/portfolios/{uuid}`; the spot positions' amounts are JSON numbers (recorded)."""
        total = self._in_dollars(lambda _: True)
        cash = self._in_dollars(is_cash)
        spot = [
            self._spot(coin, wallet, total)
            for coin, wallet in self._state.wallets.items()
            if wallet.total
        ]
        perps = self._perps() if self._dialect.breakdown_perps else []
        balances = {
            "total_balance": total + self._state.futures_cash,
            "total_futures_balance": self._state.futures_cash,
            "total_cash_equivalent_balance": cash,
            "total_crypto_balance": total - cash,
            "futures_unrealized_pnl": self._open_profit(self._state.futures),
            "perp_unrealized_pnl": self._open_profit(self._former_perps()) if perps else ZERO,
        }
        return {
            "breakdown": {
                "portfolio": portfolio_row(self._owner),
                "portfolio_balances": {
                    name: money(amount.quantize(Decimal("0.01")))
                    for name, amount in balances.items()
                },
                "spot_positions": spot,
                "perp_positions": perps,
                "futures_positions": [
                    self._future(self._market.products[name], position)
                    for name, position in self._state.futures.items()
                ],
            }
        }

    def _in_dollars(self, counts: Any) -> Decimal:
        amounts = (
            wallet.total * (self._market.in_dollars(coin) or ZERO)
            for coin, wallet in self._state.wallets.items()
            if counts(coin)
        )
        return sum(amounts, ZERO)

    def _open_profit(self, positions: Any) -> Decimal:
        profits = (
            self._market.products[name].profit(position, self._market.prices[name])
            for name, position in positions.items()
        )
        return sum(profits, ZERO)

    def _spot(self, coin: str, wallet: Wallet, whole: Decimal) -> Json:
        price = self._market.in_dollars(coin) or ZERO
        cost = wallet.total if is_cash(coin) else wallet.cost
        # Added as floats, so that 1.2 and 0.1 may be 1.2999999999999998.
        noisy = float(wallet.available) + float(wallet.hold)
        crypto = int(noisy) if noisy.is_integer() else noisy
        free, free_worth = bare(wallet.available), bare(wallet.available * price)
        return {
            "asset": coin,
            "account_uuid": wallet.id,
            "total_balance_fiat": bare(wallet.total * price),
            "total_balance_crypto": crypto,
            "available_to_trade_fiat": free_worth,
            "allocation": bare(wallet.total * price / whole) if whole else 0,
            "one_day_change": 0,
            "cost_basis": money(cost),
            "asset_img_url": ICON.format(coin.lower()),
            "is_cash": is_cash(coin),
            "average_entry_price": money(cost / wallet.total),
            "asset_uuid": asset_id(coin),
            "available_to_trade_crypto": free,
            "unrealized_pnl": bare(wallet.total * price - cost),
            "available_to_transfer_fiat": free_worth,
            "available_to_transfer_crypto": free,
            "asset_color": "#0052FF",
            "account_type": "ACCOUNT_TYPE_FIAT" if coin == "USD" else "ACCOUNT_TYPE_CRYPTO",
        }

    def _future(self, product: Product, position: Position) -> Json:
        price = self._market.prices[product.id]
        return {
            "product_id": product.id,
            "contract_size": text(product.contract_size),
            "side": f"FUTURES_POSITION_SIDE_{side_of(position.quantity)}",
            "amount": text(abs(position.quantity)),
            "avg_entry_price": text(product.average(position)),
            "current_price": text(price),
            "unrealized_pnl": text(product.profit(position, price)),
            "expiry": instant(product.expires_at),
            "underlying_asset": product.base,
            "asset_img_url": ICON.format(product.base.lower()),
            "product_name": product.id,
            "venue": "cde",
            "notional_value": text(exposure(product, position, price)),
        }

    def _perps(self) -> list[Json]:
        return [
            self._perp(self._market.products[name], position)
            for name, position in self._former_perps().items()
        ]

    def _former_perps(self) -> dict[str, Position]:
        """Those that INTX had, which were all paid in dollars."""
        products = self._market.products
        rows = self._state.perps.items()
        return {name: each for name, each in rows if not products[name].is_inverse}

    def _perp(self, product: Product, position: Position) -> Json:
        price = self._market.prices[product.id]
        worth = exposure(product, position, price)

        def both(amount: Decimal) -> Json:
            return {"userNativeCurrency": money(amount), "rawCurrency": money(amount, "USDC")}

        return {
            "product_id": f"{product.base}-PERP-INTX",
            "product_uuid": asset_id(product.id),
            "symbol": f"{product.base}-PERP-INTX",
            "asset_image_url": ICON.format(product.base.lower()),
            "vwap": both(product.average(position)),
            "position_side": f"FUTURES_POSITION_SIDE_{side_of(position.quantity)}",
            "net_size": text(position.quantity),
            "buy_order_size": "0",
            "sell_order_size": "0",
            "im_contribution": text(INITIAL),
            "unrealized_pnl": both(product.profit(position, price)),
            "mark_price": both(price),
            "liquidation_price": both(ZERO),
            "leverage": "10",
            "im_notional": both(worth * INITIAL),
            "mm_notional": both(worth * MAINTENANCE),
            "position_notional": both(worth),
            "margin_type": "MARGIN_TYPE_CROSS",
            "liquidation_buffer": "0",
            "liquidation_percentage": "0",
        }

    # US futures.

    def futures(self) -> list[Json]:
        """`/cfm/positions`."""
        return [
            self._cfm(self._market.products[name], position)
            for name, position in self._state.futures.items()
        ]

    def future(self, name: str) -> Json | None:
        """One of them; None where there is none."""
        position = self._state.futures.get(name)
        return None if position is None else self._cfm(self._market.products[name], position)

    def _amount(self, number: Decimal) -> Any:
        return money(number) if self._dialect.futures_money == "objects" else text(number)

    def _cfm(self, product: Product, position: Position) -> Json:
        price = self._market.prices[product.id]
        worth = exposure(product, position, price)
        amounts = {
            "current_price": price,
            "avg_entry_price": product.average(position),
            "unrealized_pnl": product.profit(position, price),
            "daily_realized_pnl": position.realized,
            "total_fees": position.fees,
            "entry_vwap": product.average(position),
            "liquidation_price": price / 2 if position.quantity > ZERO else price * 2,
            "im_contribution": worth * INITIAL,
            "mm_contribution": worth * MAINTENANCE,
            "position_notional": worth,
        }
        return {
            "product_id": product.id,
            # Of one with funding there is none (trimmed by others).
            "expiration_time": "" if product.has_funding else instant(product.expires_at),
            "side": side_of(position.quantity),
            "number_of_contracts": text(abs(position.quantity)),
            "contract_size": text(product.contract_size),
            "leverage": "10",
            **{name: self._amount(amount) for name, amount in amounts.items()},
        }

    def futures_summary(self) -> Json:
        """`/cfm/balance_summary`."""
        cash, profit = self._state.futures_cash, self._open_profit(self._state.futures)
        worth = sum(
            (
                exposure(self._market.products[name], each, self._market.prices[name])
                for name, each in self._state.futures.items()
            ),
            ZERO,
        )
        realized = sum((each.realized for each in self._state.futures.values()), ZERO)
        dollars = self._state.wallets.get("USD")
        spot = ZERO if dollars is None else dollars.total
        initial = worth * INITIAL
        free = cash + profit - initial
        amounts = {
            "futures_buying_power": spot + free,
            "total_usd_balance": spot + cash,
            "cbi_usd_balance": spot,
            "cfm_usd_balance": cash,
            "total_open_orders_hold_amount": ZERO,
            "unrealized_pnl": profit,
            "daily_realized_pnl": realized,
            "initial_margin": initial,
            "available_margin": free,
            "liquidation_threshold": worth * MAINTENANCE,
            "liquidation_buffer_amount": cash + profit - worth * MAINTENANCE,
        }
        return {
            **{name: money(amount) for name, amount in amounts.items()},
            "liquidation_buffer_percentage": "1000",
            "intraday_margin_window_measure": _window("INTRADAY", initial, spot + free),
            "overnight_margin_window_measure": _window("OVERNIGHT", initial, spot + free),
        }


def _window(name: str, initial: Decimal, power: Decimal) -> Json:
    return {
        "margin_window_type": f"FCM_MARGIN_WINDOW_TYPE_{name}",
        "margin_level": "MARGIN_LEVEL_TYPE_BASE",
        "initial_margin": money(initial),
        "maintenance_margin": money(initial / 2),
        "liquidation_buffer_percentage": "1000",
        "total_hold": money(ZERO),
        "futures_buying_power": money(power),
    }
