"""What the accounts of `tieout sim ibkr` hold: some of everything, in two accounts."""

from datetime import timedelta

from tieout.simulators.ibkr_market import IbkrMarket

ACCOUNTS = ("DU1000001", "DU1000002")

_STOCKS = [("AAPL", "228.40", "100"), ("MSFT", "415.20", "40"), ("TSLA", "242.10", "-30")]


def open_accounts(market: IbkrMarket) -> None:
    """Stocks, calls, a future and euros; AAPL in both accounts. One fill was corrected."""
    first, second = ACCOUNTS
    expires_on = market.clock().date() + timedelta(days=90)
    option = f"AAPL{expires_on:%y%m%d}C00250000"
    for name in ACCOUNTS:
        market.open_account(name, cash="500000")
    for symbol, price, quantity in _STOCKS:
        market.list_asset(symbol, price=price)
        market.trade(first, symbol, quantity)
    market.list_asset(option, price="4.15")
    market.list_asset("EUR.USD", price="1.128775")
    market.list_future("ESZ9", root="ES", multiplier="50", expires_on=expires_on, price="6302.25")
    market.trade(first, option, "3")
    market.trade(second, "AAPL", "-40")
    market.trade(second, "ESZ9", "1")
    market.trade(second, "EUR.USD", "20000")
    bought = market.trade(second, "MSFT", "10", price="415.00")
    market.correct_fill(second, market.fill_of(second, bought.id), price="415.05")
