"""What happens at the simulated Hyperliquid, step by step: the same each time."""

from collections.abc import Callable
from decimal import Decimal

from tieout.simulators.faults import EmptyRows, Fault, FaultBook, Reset, Status
from tieout.simulators.hyperliquid_market import HyperliquidMarket

ACCOUNT = "main"
ADDRESS = "0x5e9ee1089755c3435139848e47e6635505d5a13a"
SUB_ACCOUNT = "hedge"
EVERYTHING = "/info?*"  # the path by which the story knows its own outage again

_PERPS = [
    # coin, price, decimals of the size, most leverage
    ("BTC", "61250", 5, 40),
    ("ETH", "3150.5", 4, 25),
    ("SOL", "148.2", 2, 20),
    ("DOGE", "0.1652", 0, 10),
    ("xyz:TSLA", "242.1", 3, 10),
    ("xyz:XYZ100", "25120", 4, 20),
    ("flx:TSLA", "242.4", 3, 10),
]
# How prices move from round to round, in thousandths, over and over.
_DRIFT = [2, -3, 4, -1, 3, -2, 1, -4, 2, -1]

Step = Callable[[HyperliquidMarket, FaultBook], str]


def demo_story(market: HyperliquidMarket, step: int, faults: FaultBook) -> str:
    """Lets step number `step` (from 0) happen; returns its caption. After the last step only
    prices move."""
    if step == 0:
        return _open(market)
    _move_prices(market, step)
    tell = STEPS[step - 1] if step <= len(STEPS) else _quiet
    return tell(market, faults)


def _open(market: HyperliquidMarket) -> str:
    _list(market)
    market.open_account(ACCOUNT, cash="150000", address=ADDRESS)
    market.open_account("someone else", cash="5000000")
    market.open_sub_account(SUB_ACCOUNT, master=ACCOUNT, cash="20000")
    market.approve_agent(ACCOUNT, "bot")
    market.move_to_dex(ACCOUNT, "xyz", "15000")
    market.transfer_spot(ACCOUNT, "USDH", "5000", other="issuer")
    market.move_to_dex(ACCOUNT, "flx", "5000")
    market.move_class(ACCOUNT, "-30000")
    market.trade(ACCOUNT, "BTC", "0.5", parts=["0.2", "0.1"])
    market.trade(ACCOUNT, "ETH", "-12", is_maker=True)
    market.set_leverage(ACCOUNT, "DOGE", 5, is_isolated=True)
    market.trade(ACCOUNT, "DOGE", "20000")
    market.trade(ACCOUNT, "xyz:TSLA", "30")
    market.trade(ACCOUNT, "flx:TSLA", "-10")
    market.trade(ACCOUNT, "@107", "200")
    market.trade(SUB_ACCOUNT, "BTC", "-0.25")
    return "Perps on three dexes, spot HYPE, and a sub-account that hedges"


def _list(market: HyperliquidMarket) -> None:
    market.list_token("USDH", index=360)
    market.list_dex("xyz", full_name="XYZ")
    market.list_dex("flx", full_name="Felix", collateral="USDH")
    for coin, price, decimals, leverage in _PERPS:
        market.list_perp(coin, price=price, size_decimals=decimals, leverage_max=leverage)
    market.list_pair("PURR", price="0.2104", index=0, token_index=1)
    market.list_pair("HYPE", price="38.25", index=107, token_index=150)
    market.open_account("issuer")
    market.set_coins("issuer", "USDH", "1000000")


def _move_prices(market: HyperliquidMarket, step: int) -> None:
    for number, (coin, price) in enumerate(list(market.marks.items())):
        change = 1 + Decimal(_DRIFT[(step + number) % len(_DRIFT)]) / 1000
        digits = max(5 - price.adjusted() - 1, 0)
        market.set_price(coin, round(price * change, digits))


def _quiet(_: HyperliquidMarket, __: FaultBook) -> str:
    return "Prices move, nothing is traded"


def _add(market: HyperliquidMarket, _: FaultBook) -> str:
    market.trade(ACCOUNT, "SOL", "100", parts=["40", "25"])
    return "100 SOL are bought, in three fills of one millisecond"


def _reduce(market: HyperliquidMarket, _: FaultBook) -> str:
    market.trade(ACCOUNT, "BTC", "-0.2")
    return "0.2 of the 0.5 BTC are sold"


def _pay_funding(market: HyperliquidMarket, _: FaultBook) -> str:
    for coin in ("BTC", "ETH", "SOL", "xyz:TSLA"):
        market.pay_funding(coin, "0.0000125")
    return "Funding is paid: longs pay shorts"


def _trade_with_oneself(market: HyperliquidMarket, _: FaultBook) -> str:
    market.self_trade(ACCOUNT, "ETH", "2")
    return "An order meets one's own: two fills, no change"


def _flip(market: HyperliquidMarket, _: FaultBook) -> str:
    market.trade(ACCOUNT, "ETH", "20")
    return "20 ETH are bought: the short of 12 becomes a long of 8"


def _begin_outage(_: HyperliquidMarket, faults: FaultBook) -> str:
    faults.add(Fault(Status(502), path=EVERYTHING, times=None))
    return "The venue is down: every call ends in 502"


def _deepen_outage(market: HyperliquidMarket, faults: FaultBook) -> str:
    _mend(faults)
    faults.add(Fault(Reset(), path=EVERYTHING, times=None))
    market.trade(ACCOUNT, "SOL", "-30")
    return "Still down, connections are reset; meanwhile 30 SOL are sold by hand"


def _recover(_: HyperliquidMarket, faults: FaultBook) -> str:
    _mend(faults)
    return "The venue is back; what happened meanwhile is found"


def _answer_empty(_: HyperliquidMarket, faults: FaultBook) -> str:
    faults.add(Fault(EmptyRows(), path="/info/clearinghouseState"))
    return "The venue says once that no perp is held at all"


def _sell_spot(market: HyperliquidMarket, _: FaultBook) -> str:
    market.trade(ACCOUNT, "@107", "-199.8")
    return "199.8 HYPE are sold, and dust is left"


def _convert_dust(market: HyperliquidMarket, _: FaultBook) -> str:
    market.convert_dust(ACCOUNT, "HYPE")
    return "The venue converts the dust into USDC"


def _liquidate_part(market: HyperliquidMarket, _: FaultBook) -> str:
    market.set_price("DOGE", "0.1352")
    market.liquidate(ACCOUNT, "DOGE", quantity="4000", counterparty="someone else")
    return "DOGE falls, and a fifth of the isolated long is liquidated"


def _liquidate_rest(market: HyperliquidMarket, _: FaultBook) -> str:
    market.liquidate(ACCOUNT, "DOGE", method="backstop")
    return "The backstop takes the rest of it, and its margin"


def _deleverage(market: HyperliquidMarket, _: FaultBook) -> str:
    market.trade("someone else", "flx:TSLA", "10")
    market.deleverage(ACCOUNT, "flx:TSLA", against="someone else", quantity="4")
    return "4 of the 10 short flx:TSLA are deleveraged against somebody under water"


def _mend(faults: FaultBook) -> None:
    for standing in faults.standing():
        if standing.fault.path == EVERYTHING:
            faults.remove(standing.number)


STEPS: list[Step] = [
    _quiet,
    _add,
    _reduce,
    _pay_funding,
    _trade_with_oneself,
    _flip,
    _begin_outage,
    _deepen_outage,
    _recover,
    _answer_empty,
    _quiet,
    _sell_spot,
    _convert_dust,
    _liquidate_part,
    _liquidate_rest,
    _deleverage,
    _quiet,
]
