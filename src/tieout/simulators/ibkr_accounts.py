"""What Interactive Brokers tells of an account besides its positions: values and profits."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from tieout.simulators.holdings import ONE, ZERO
from tieout.simulators.ibkr_contracts import Contract, SecType
from tieout.simulators.ibkr_market import IbkrMarket, fills_of
from tieout.simulators.ibkr_wire import Message, cents, double, named, portfolio
from tieout.simulators.ledger import NEW_YORK, Account

LEDGER = "$LEDGER"
BASE = "BASE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One figure of an account, as it is written."""

    tag: str
    text: str
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Marks:
    """Sums over an account's holdings."""

    value: Decimal = ZERO
    gain: Decimal = ZERO


def realized_today(market: IbkrMarket, account: Account) -> dict[str, Decimal]:
    """By symbol, in the contract's currency."""
    today = market.clock().astimezone(NEW_YORK).date()
    sums: dict[str, Decimal] = {}
    for fill in fills_of(account):
        realized = market.realized_by(fill)
        is_of_today = fill.at.astimezone(NEW_YORK).date() == today
        if realized is not None and is_of_today and fill.status != "canceled":
            sums[fill.symbol] = sums.get(fill.symbol, ZERO) + realized
    return sums


def portfolio_rows(market: IbkrMarket, account: Account, symbols: list[str]) -> list[Message]:
    """Lines of updatePortfolio; of a contract that is held no more, one with quantity 0."""
    realized = realized_today(market, account)
    return [
        portfolio(row, market.prices.get(symbol), realized.get(symbol, ZERO))
        for symbol in symbols
        for row in market.rows_of(account, symbol)
    ]


def marks(
    market: IbkrMarket, account: Account, *, sec_type: SecType | None = None, currency: str = ""
) -> Marks:
    """Market value and unrealized profit, in dollars or, of one currency, in that."""
    value = gain = ZERO
    for symbol, holding in account.holdings.items():
        contract, price = market.contract(symbol), market.prices.get(symbol)
        if price is None or not _is_meant(contract, sec_type, currency):
            continue
        rate = ONE if currency else market.rates[contract.currency]
        worth = market.value_of(symbol, holding.quantity, price)
        value, gain = value + worth * rate, gain + (worth - holding.cost) * rate
    return Marks(value, gain)


def _gross(market: IbkrMarket, account: Account) -> Decimal:
    """Longs and shorts alike, but no futures and no currencies (recorded)."""
    total = ZERO
    for symbol, holding in account.holdings.items():
        contract, price = market.contract(symbol), market.prices.get(symbol)
        if price is not None and contract.sec_type not in ("FUT", "CASH"):
            worth = market.value_of(symbol, holding.quantity, price)
            total += abs(worth) * market.rates[contract.currency]
    return total


def _is_meant(contract: Contract, sec_type: SecType | None, currency: str) -> bool:
    return sec_type in (None, contract.sec_type) and currency in ("", contract.currency)


def values(market: IbkrMarket, account: Account) -> list[Value]:
    """What updateAccountValue tells, one by one."""
    return [*_facts(account), *_totals(market, account), *ledger(market, account)]


def _facts(account: Account) -> Iterator[Value]:
    yield Value(tag="AccountCode", text=account.number)
    yield Value(tag="AccountOrGroup", text=account.number, currency=BASE)
    yield Value(tag="AccountReady", text="true")
    yield Value(tag="AccountType", text="INDIVIDUAL")


def cash(market: IbkrMarket, account: Account) -> dict[str, Decimal]:
    """By currency. A future costs nothing until it is settled; a pair holds its currency."""
    by_currency = {"USD": account.cash} | {name: ZERO for name in market.rates if name != "USD"}
    for symbol, holding in account.holdings.items():
        contract = market.contract(symbol)
        if contract.sec_type == "FUT":
            by_currency["USD"] += holding.cost * market.rates[contract.currency]
        elif contract.sec_type == "CASH":
            held = by_currency.get(contract.root, ZERO)
            by_currency[contract.root] = held + holding.quantity
    return by_currency


def _total_cash(market: IbkrMarket, account: Account) -> Decimal:
    held = cash(market, account).items()
    return sum((money * market.rates.get(currency, ONE) for currency, money in held), ZERO)


def _totals(market: IbkrMarket, account: Account) -> Iterator[Value]:
    equity = market.equity(account)
    total = _total_cash(market, account)
    figures = {
        "NetLiquidation": equity,
        "EquityWithLoanValue": equity,
        "TotalCashValue": total,
        "SettledCash": total,
        "AvailableFunds": total,
        "BuyingPower": total * 4,
        "GrossPositionValue": _gross(market, account),
        "PreviousDayEquityWithLoanValue": account.last_equity,
    }
    for tag, figure in figures.items():
        yield Value(tag=tag, text=_money(figure), currency="USD")


def ledger(market: IbkrMarket, account: Account) -> Iterator[Value]:
    """By currency and in all."""
    realized, held = realized_today(market, account), cash(market, account)
    for currency, rate in [(BASE, ONE), *market.rates.items()]:
        only = "" if currency == BASE else currency
        balance = held[currency] if only else _total_cash(market, account)
        figures = {
            "CashBalance": balance,
            "TotalCashBalance": balance,
            "StockMarketValue": marks(market, account, sec_type="STK", currency=only).value,
            "OptionMarketValue": marks(market, account, sec_type="OPT", currency=only).value,
            "UnrealizedPnL": marks(market, account, currency=only).gain,
            "RealizedPnL": _realized_in(market, realized, only),
        }
        for tag, figure in figures.items():
            yield Value(tag=tag, text=_money(figure), currency=currency)
        yield Value(tag="ExchangeRate", text=f"{rate:f}", currency=currency)
        yield Value(tag="Currency", text=currency, currency=currency)


def _realized_in(market: IbkrMarket, realized: dict[str, Decimal], currency: str) -> Decimal:
    total = ZERO
    for symbol, money in realized.items():
        own = market.contract(symbol).currency
        if currency in ("", own):
            total += money if currency else money * market.rates[own]
    return total


def value_message(account: Account, value: Value) -> Message:
    return {
        "id": "6",
        "version": "2",
        "tag": value.tag,
        "value": value.text,
        "currency": value.currency,
        "account": account.number,
    }


def multi_value(account: Account, value: Value, *, req_id: str, model: str) -> Message:
    return named(
        73,
        reqId=req_id,
        account=account.number,
        modelCode=model,
        tag=value.tag,
        value=value.text,
        currency=value.currency,
    )


def summary(market: IbkrMarket, account: Account, tags: str, req_id: str) -> list[Message]:
    """The asked tags that the account has, by name; `$LEDGER:ALL` asks for the currencies."""
    asked = [tag.strip() for tag in tags.split(",")]
    known = sorted((*_facts(account), *_totals(market, account)), key=lambda each: each.tag)
    found = [value for value in known if value.tag in asked]
    for tag in asked:
        name, _, currency = tag.partition(":")
        if name == LEDGER:
            wanted = {"": (BASE,), "ALL": (BASE, *market.rates)}.get(currency, (currency,))
            found += [value for value in ledger(market, account) if value.currency in wanted]
    return [
        named(
            63,
            reqId=req_id,
            account=account.number,
            tag=value.tag,
            value=value.text,
            currency=value.currency,
        )
        for value in found
    ]


def pnl(market: IbkrMarket, account: Account, req_id: str) -> Message:
    gain, realized = marks(market, account).gain, realized_today(market, account)
    day = market.equity(account) - account.last_equity
    done = _realized_in(market, realized, "")
    return {
        "id": "94",
        "reqId": req_id,
        "dailyPnL": double(cents(day)),
        "unrealizedPnL": double(cents(gain)),
        "realizedPnL": double(cents(done)),
    }


def pnl_single(market: IbkrMarket, account: Account, con_id: str, req_id: str) -> Message:
    """Of one contract; the profit of the day is not known and comes as unset."""
    quantity = value = gain = done = ZERO
    realized = realized_today(market, account)
    for symbol, holding in account.holdings.items():
        price = market.prices.get(symbol)
        if str(market.contract(symbol).con_id) == con_id and price is not None:
            quantity, done = holding.quantity, realized.get(symbol, ZERO)
            value = market.value_of(symbol, quantity, price)
            gain = value - holding.cost
    return {
        "id": "95",
        "reqId": req_id,
        "position": f"{quantity.normalize():f}",
        "dailyPnL": double(None),
        "unrealizedPnL": double(cents(gain)),
        "realizedPnL": double(cents(done)),
        "value": double(cents(value)),
    }


def _money(figure: Decimal) -> str:
    return f"{cents(figure):f}"
