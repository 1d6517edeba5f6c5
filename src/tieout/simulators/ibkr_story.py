"""What happens at the simulated gateway, step by step: the same each time, in two accounts."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from tieout.simulators.faults import EmptyList, Fault, FaultBook, Silence
from tieout.simulators.ibkr_market import IbkrMarket

ACCOUNTS = ("DU1000001", "DU1000002")
FIRST, SECOND = ACCOUNTS
PUT, CALL = "TSLA270115P00240000", "AAPL270115C00250000"
FUTURE, BOND = "ESZ9", "IBCID530123456"

_STOCKS = [
    # symbol, price, held by the first account
    ("AAPL", "228.40", "100"),
    ("MSFT", "415.20", "40"),
    ("NVDA", "872.00", "25"),
    ("TSLA", "242.10", None),
    ("SHOP", "101.35", "60"),
]
# How prices move from round to round, in thousandths, over and over.
_DRIFT = [2, -1, 3, -4, 1, -2, 4, -3, 2, -2]

Step = Callable[[IbkrMarket, FaultBook], str]


def demo_story(market: IbkrMarket, step: int, faults: FaultBook) -> str:
    """Lets step number `step` (from 0) happen; returns its caption. After the last step only
    prices move."""
    if step == 0:
        return _open(market)
    _move_prices(market, step)
    tell = STEPS[step - 1] if step <= len(STEPS) else _quiet
    return tell(market, faults)


def _open(market: IbkrMarket) -> str:
    for name in ACCOUNTS:
        market.open_account(name, cash="500000")
    _list(market)
    for symbol, _, quantity in _STOCKS:
        if quantity is not None:
            market.trade(FIRST, symbol, quantity)
    market.trade(FIRST, CALL, "3")
    market.trade(FIRST, BOND, "20")
    market.trade(SECOND, "AAPL", "-40")
    market.trade(SECOND, PUT, "-2")
    market.trade(SECOND, FUTURE, "2")
    market.trade(SECOND, "EUR.USD", "20000")
    market.close_day()
    return "Two accounts open: stocks, a bond, options, two ES futures, euros; AAPL in both"


def _list(market: IbkrMarket) -> None:
    market.set_rate("CAD", "0.73")
    for symbol, price, _ in _STOCKS:
        is_canadian = symbol == "SHOP"
        exchange, currency = ("TSE", "CAD") if is_canadian else ("NASDAQ", "USD")
        market.list_asset(symbol, price=price, exchange=exchange, currency=currency)
    market.list_asset(CALL, price="4.15")
    market.list_asset(PUT, price="12.30")
    market.list_asset("EUR.USD", price="1.128775")
    last_day = market.clock().date() + timedelta(days=90)
    market.list_future(FUTURE, root="ES", multiplier="50", expires_on=last_day, price="6302.25")
    market.list_bond(BOND, matures_on="2031-05-15", price="98.75")


def _move_prices(market: IbkrMarket, step: int) -> None:
    for number, (symbol, price) in enumerate(list(market.prices.items())):
        if price is not None and symbol != "EUR.USD":
            change = 1 + Decimal(_DRIFT[(step + number) % len(_DRIFT)]) / 1000
            market.set_price(symbol, (price * change).quantize(Decimal("0.01")))
    market.tell_marks()


def _quiet(_: IbkrMarket, __: FaultBook) -> str:
    return "Prices move, nothing is traded"


def _buy(market: IbkrMarket, _: FaultBook) -> str:
    market.trade(FIRST, "AAPL", "20", parts=["12"])
    return "The first account buys 20 AAPL in two fills; the second stays short of 40"


def _sell_part(market: IbkrMarket, _: FaultBook) -> str:
    market.withhold_commissions()
    market.trade(FIRST, "MSFT", "-15", price="421.00")
    return "15 of the 40 MSFT are sold; what was taken for it is not told yet"


def _tell_commission(market: IbkrMarket, _: FaultBook) -> str:
    market.withhold_commissions(False)
    market.post_withheld()
    return "The commission report arrives"


def _correct(market: IbkrMarket, _: FaultBook) -> str:
    bought = market.trade(SECOND, "MSFT", "10", price="415.00")
    market.correct_fill(SECOND, bought.id, price="415.05")
    return "The second account buys 10 MSFT at 415.00, corrected to 415.05 at once"


def _lose_link(market: IbkrMarket, _: FaultBook) -> str:
    market.lose_link()
    market.trade(SECOND, FUTURE, "-1")
    return "The gateway loses its link (1100); meanwhile one of the two ES is sold"


def _restore_link(market: IbkrMarket, _: FaultBook) -> str:
    market.restore_link()
    return "The link is back (1102), and what happened meanwhile is found"


def _answer_empty(_: IbkrMarket, faults: FaultBook) -> str:
    faults.add(Fault(EmptyList(), path="reqPositions"))
    return "The gateway says once that nothing is held at all"


def _stay_silent(_: IbkrMarket, faults: FaultBook) -> str:
    faults.add(Fault(Silence(), path="reqPositions"))
    return "The gateway does not answer once; it stays connected"


def _assign(market: IbkrMarket, _: FaultBook) -> str:
    market.assign_option(SECOND, PUT, "1")
    return "One of the two puts that were written is assigned: 100 TSLA at 240, no execution"


def _split(market: IbkrMarket, _: FaultBook) -> str:
    market.split("NVDA", old="1", new="4")
    return "NVDA is split 4 for 1: 25 become 100 at a quarter of the price"


def _begin_reset(market: IbkrMarket, _: FaultBook) -> str:
    market.begin_reset()
    return "The nightly reset: every connection ends, nobody is let in"


def _trade_unseen(market: IbkrMarket, _: FaultBook) -> str:
    market.trade(FIRST, "SHOP", "-60")
    return "Still resetting; meanwhile the 60 SHOP are sold"


def _end_reset(market: IbkrMarket, _: FaultBook) -> str:
    market.end_reset()
    return "The gateway is back; SHOP is found closed"


def _flip(market: IbkrMarket, _: FaultBook) -> str:
    market.trade(SECOND, "AAPL", "60")
    return "60 AAPL are bought: the short of 40 becomes a long of 20"


def _expire(market: IbkrMarket, _: FaultBook) -> str:
    market.expire_option(CALL)
    return "The three calls expire worthless"


def _settle(market: IbkrMarket, _: FaultBook) -> str:
    market.expire_future(FUTURE)
    return "The last ES future is settled in cash"


STEPS: list[Step] = [
    _quiet,
    _buy,
    _sell_part,
    _tell_commission,
    _correct,
    _lose_link,
    _restore_link,
    _answer_empty,
    _quiet,
    _stay_silent,
    _assign,
    _split,
    _begin_reset,
    _trade_unseen,
    _end_reset,
    _flip,
    _expire,
    _settle,
    _quiet,
]
