"""A story for the demo: one thing happens before each sync, and a caption says what.

market, step = Market(clock=..., chance=Random(7)), 0
simulator = AlpacaSimulator(market)
caption = demo_story(market, step, simulator.faults)      # then sync, then the next step
"""

from collections.abc import Callable
from decimal import Decimal

from tieout.simulators.faults import AnyEffect, EmptyList, Fault, FaultBook, Reset, Status
from tieout.simulators.market import Market

ACCOUNT = "demo"
OPTION = "AAPL270115C00250000"
EVERYTHING = "/v2/?*"  # the path by which the story knows its own outage again

_OPENING = [
    # symbol, price, quantity, parts
    ("AAPL", "228.40", "100", ["40"]),
    ("MSFT", "415.20", "40", []),
    ("NVDA", "872.00", "25", ["10", "10"]),
    ("TSLA", "242.10", "-30", []),
    ("BTC/USD", "61250.50", "0.5", []),
    (OPTION, "4.15", "2", []),
]
# How prices move from round to round, in thousandths, over and over.
_DRIFT = [3, -2, 5, -4, 1, 2, -3, 4, -1, -2]

Step = Callable[[Market, FaultBook], str]


def demo_story(market: Market, step: int, faults: FaultBook) -> str:
    """Lets step number `step` (from 0) happen; returns its caption. After the last step only
    prices move."""
    if step == 0:
        return _open(market)
    _move_prices(market, step)
    tell = STEPS[step - 1] if step <= len(STEPS) else _quiet
    return tell(market, faults)


def _open(market: Market) -> str:
    market.open_account(ACCOUNT, cash="150000")
    for symbol, price, quantity, parts in _OPENING:
        market.list_asset(symbol, price=price)
        market.trade(ACCOUNT, symbol, quantity, parts=parts)
    market.post_withheld(ACCOUNT)
    market.close_day()
    return "The account opens with stocks, a short, half a bitcoin and two calls"


def _move_prices(market: Market, step: int) -> None:
    for number, (symbol, price) in enumerate(list(market.prices.items())):
        if price is not None:
            change = 1 + Decimal(_DRIFT[(step + number) % len(_DRIFT)]) / 1000
            market.set_price(symbol, (price * change).quantize(Decimal("0.01")))


def _quiet(_: Market, __: FaultBook) -> str:
    return "Prices move, nothing is traded"


def _buy(market: Market, _: FaultBook) -> str:
    market.trade(ACCOUNT, "AAPL", "20", parts=["12"])
    return "20 AAPL are bought, in two fills"


def _sell_part(market: Market, _: FaultBook) -> str:
    market.trade(ACCOUNT, "MSFT", "-15")
    return "15 of the 40 MSFT are sold"


def _announce_split(market: Market, _: FaultBook) -> str:
    market.announce("split", "NVDA", old="1", new="4")
    return "NVDA announces a 4-for-1 split; nothing changes yet"


def _apply_split(market: Market, _: FaultBook) -> str:
    market.split("NVDA", old="1", new="4")
    return "The split is applied: 25 NVDA become 100 at a quarter of the price"


def _buy_coins(market: Market, _: FaultBook) -> str:
    market.trade(ACCOUNT, "BTC/USD", "0.25")
    return "0.25 BTC are bought; the fee is taken in coins, and not yet listed"


def _list_fee(market: Market, _: FaultBook) -> str:
    market.post_withheld(ACCOUNT)
    return "The broker lists the fee of the bitcoin purchase"


def _begin_outage(_: Market, faults: FaultBook) -> str:
    _break(faults, Status(502))
    return "The broker is down: every call ends in 502"


def _deepen_outage(market: Market, faults: FaultBook) -> str:
    _mend(faults)
    _break(faults, Reset())
    market.trade(ACCOUNT, "MSFT", "-5")
    return "Still down, connections are reset; meanwhile 5 MSFT are sold by hand"


def _end_of_outage_nears(_: Market, faults: FaultBook) -> str:
    _mend(faults)
    _break(faults, Status(503, retry_after_s=1))
    return "Still down: 503, try again later"


def _recover(_: Market, faults: FaultBook) -> str:
    _mend(faults)
    return "The broker is back; what happened meanwhile is found"


def _answer_empty(_: Market, faults: FaultBook) -> str:
    faults.add(Fault(EmptyList(), path="/v2/positions", method="GET"))
    return "The broker says once that nothing is held at all"


def _answer_again(_: Market, __: FaultBook) -> str:
    return "The broker's list is complete again"


def _flip(market: Market, _: FaultBook) -> str:
    market.trade(ACCOUNT, "TSLA", "50")
    return "50 TSLA are bought: the short of 30 becomes a long of 20"


def _pay_dividend(market: Market, _: FaultBook) -> str:
    market.pay_dividend("AAPL", "0.26")
    return "AAPL pays a dividend of 0.26 a share"


def _expire(market: Market, _: FaultBook) -> str:
    market.expire_option(OPTION)
    return "The two calls expire worthless"


def _close(market: Market, _: FaultBook) -> str:
    market.trade(ACCOUNT, "MSFT", "-20")
    return "The last 20 MSFT are sold"


def _break(faults: FaultBook, effect: AnyEffect) -> None:
    faults.add(Fault(effect, path=EVERYTHING, times=None))


def _mend(faults: FaultBook) -> None:
    for standing in faults.standing():
        if standing.fault.path == EVERYTHING:
            faults.remove(standing.number)


STEPS: list[Step] = [
    _quiet,
    _buy,
    _sell_part,
    _announce_split,
    _apply_split,
    _buy_coins,
    _list_fee,
    _begin_outage,
    _deepen_outage,
    _end_of_outage_nears,
    _recover,
    _answer_empty,
    _answer_again,
    _flip,
    _pay_dividend,
    _expire,
    _close,
    _quiet,
]
