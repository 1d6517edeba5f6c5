"""What happens at the simulated Coinbase, step by step: the same each time."""

from collections.abc import Callable
from decimal import Decimal

from tieout.simulators.coinbase_market import CoinbaseMarket
from tieout.simulators.faults import EmptyRows, Fault, FaultBook, Reset, Status

ACCOUNT = "main"
FUTURE = "BIT-24APR26-CDE"
ENDLESS = "BIP-20DEC30-CDE"
PERP = "BTC_USDC-PERPETUAL"
OTHER_PERP = "ETH_USDC-PERPETUAL"
EVERYTHING = "/api/?*"  # the path by which the story knows its own outage again

_PAIRS = [
    ("BTC-USD", "61250"),
    ("BTC-USDC", "61255"),
    ("ETH-USD", "3150.5"),
    ("SOL-USD", "148.2"),
    ("ETH-BTC", "0.0514"),
]
# How prices move from round to round, in thousandths, over and over.
_DRIFT = [3, -2, 4, -3, 1, 2, -1, 3, -4, 2]

Step = Callable[[CoinbaseMarket, FaultBook], str]


def demo_story(market: CoinbaseMarket, step: int, faults: FaultBook) -> str:
    """Lets step number `step` (from 0) happen; returns its caption. After the last step only
    prices move."""
    if step == 0:
        return _open(market)
    _move_prices(market, step)
    tell = STEPS[step - 1] if step <= len(STEPS) else _quiet
    return tell(market, faults)


def _open(market: CoinbaseMarket) -> str:
    _list(market)
    market.open_account(ACCOUNT, cash="150000")
    market.open_account("someone else", cash="1000")
    market.trade(ACCOUNT, "BTC-USD", "0.5", parts=["0.2", "0.1"])
    market.buy_for(ACCOUNT, "ETH-USD", "10000")
    market.deposit(ACCOUNT, "SOL", "120")
    market.convert(ACCOUNT, "USD", "USDC", "40000")
    market.move_to_futures(ACCOUNT, "20000")
    market.move_to_perps(ACCOUNT, "25000")
    market.trade(ACCOUNT, FUTURE, "40")
    market.trade(ACCOUNT, ENDLESS, "-15")
    market.trade(ACCOUNT, PERP, "0.3")
    market.trade(ACCOUNT, OTHER_PERP, "-4")
    return "Coins, two US futures and two international perpetuals"


def _list(market: CoinbaseMarket) -> None:
    for pair, price in _PAIRS:
        market.list_pair(pair, price=price)
    for name, price, ends, has_funding in [
        (FUTURE, "61600", "2026-04-24T15:00:00Z", False),
        (ENDLESS, "61300", "2030-12-20T16:00:00Z", True),
    ]:
        market.list_future(
            name,
            price=price,
            base="BTC",
            contract_size="0.01",
            expires_at=ends,
            has_funding=has_funding,
        )
    market.list_perp(PERP, price="61270")
    market.list_perp(OTHER_PERP, price="3152")


def _move_prices(market: CoinbaseMarket, step: int) -> None:
    for number, (product, price) in enumerate(list(market.prices.items())):
        change = 1 + Decimal(_DRIFT[(step + number) % len(_DRIFT)]) / 1000
        digits = max(4 - price.adjusted(), 0)
        market.set_price(product, round(price * change, digits))


def _quiet(_: CoinbaseMarket, __: FaultBook) -> str:
    return "Prices move, nothing is traded"


def _pay_in_coin(market: CoinbaseMarket, _: FaultBook) -> str:
    market.trade(ACCOUNT, "ETH-BTC", "2")
    return "2 ETH are bought with bitcoin, and the fee is paid in bitcoin too"


def _reduce(market: CoinbaseMarket, _: FaultBook) -> str:
    market.trade(ACCOUNT, "BTC-USDC", "-0.2")
    return "0.2 BTC are sold for USDC"


def _rest(market: CoinbaseMarket, _: FaultBook) -> str:
    market.place_order(ACCOUNT, "SOL-USD", "-50", limit_price="155")
    return "An order to sell 50 SOL holds them; the balance is the same"


def _fill_part(market: CoinbaseMarket, _: FaultBook) -> str:
    market.fill_order(ACCOUNT, _open_order(market), quantity="20")
    return "20 of the 50 SOL are sold"


def _cancel(market: CoinbaseMarket, _: FaultBook) -> str:
    market.cancel_order(ACCOUNT, _open_order(market))
    return "The rest of the order is taken back"


def _open_order(market: CoinbaseMarket) -> str:
    orders = market.account(ACCOUNT).orders.values()
    return next(order.id for order in orders if order.status == "OPEN")


def _close_part(market: CoinbaseMarket, _: FaultBook) -> str:
    market.trade(ACCOUNT, FUTURE, "-15")
    return "15 of the 40 future contracts are closed"


def _pay_funding(market: CoinbaseMarket, _: FaultBook) -> str:
    for product in (ENDLESS, PERP, OTHER_PERP):
        market.pay_funding(product, "0.0000125")
    return "Funding is paid: longs pay shorts"


def _begin_outage(_: CoinbaseMarket, faults: FaultBook) -> str:
    faults.add(Fault(Status(502), path=EVERYTHING, times=None))
    return "The venue is down: every call ends in 502"


def _deepen_outage(market: CoinbaseMarket, faults: FaultBook) -> str:
    _mend(faults)
    faults.add(Fault(Reset(), path=EVERYTHING, times=None))
    market.trade(ACCOUNT, PERP, "-0.5")
    return "Still down; meanwhile the long perpetual is turned into a short"


def _recover(_: CoinbaseMarket, faults: FaultBook) -> str:
    _mend(faults)
    return "The venue is back; what happened meanwhile is found"


def _answer_empty(_: CoinbaseMarket, faults: FaultBook) -> str:
    faults.add(Fault(EmptyRows(), path="/api/v3/brokerage/accounts"))
    return "The venue says once that there are no wallets at all"


def _expire(market: CoinbaseMarket, _: FaultBook) -> str:
    market.expire(FUTURE)
    return "The dated future expires, and is settled without a fill"


def _liquidate(market: CoinbaseMarket, _: FaultBook) -> str:
    market.set_price(OTHER_PERP, "3900")
    market.liquidate(ACCOUNT, OTHER_PERP, quantity="1")
    return "ETH rises, and a quarter of the short perpetual is liquidated"


def _withdraw(market: CoinbaseMarket, _: FaultBook) -> str:
    market.withdraw(ACCOUNT, "SOL", "30", fee="0.01")
    return "30 SOL are sent away, for a fee in SOL"


def _mend(faults: FaultBook) -> None:
    for standing in faults.standing():
        if standing.fault.path == EVERYTHING:
            faults.remove(standing.number)


STEPS: list[Step] = [
    _quiet,
    _pay_in_coin,
    _reduce,
    _rest,
    _fill_part,
    _cancel,
    _close_part,
    _pay_funding,
    _begin_outage,
    _deepen_outage,
    _recover,
    _answer_empty,
    _quiet,
    _expire,
    _liquidate,
    _withdraw,
    _quiet,
]
