"""Messages of the TWS socket protocol, as text fields in the order of the wire.

A message is a mapping whose first entry is its number; the names of the fields are for people and
for faults (`SetField("avgCost", "NaN")`) and are not sent.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from tieout.simulators.holdings import ONE, ZERO, option_terms
from tieout.simulators.ibkr_contracts import Contract, Row
from tieout.simulators.records import Fill, Order

Message = dict[str, str]

UNSET_DOUBLE = "1.7976931348623157E308"
UNSET_INTEGER = "2147483647"
RAW_IDS = 201  # from this server version on the number of a message is four bytes, not text

# Fields that only some server versions send: from, and up to but not including.
_SINCE = {
    ("4", "advancedOrderRejectJson"): 166,
    ("10", "suggestedSizeIncrement"): 163,
    ("10", "minSize"): 164,
    ("10", "sizeIncrement"): 164,
    ("11", "pendingPriceRevision"): 178,
}
_UNTIL = {("10", "version"): 164, ("10", "mdSizeMultiplier"): 164}

# What a gateway says, word by word (interactivebrokers.github.io/tws-api/message_codes.html).
TEXTS: Mapping[int, str] = {
    100: "Max rate of messages per second has been exceeded.",
    200: "No security definition has been found for the request",
    320: "Error reading request. Unable to parse the message",
    321: "Error validating request.",
    322: "Error processing request.-'cQ' : cause - Maximum number of account summary requests "
    "exceeded",
    326: "Unable to connect as the client id is already in use. Retry with a unique client id.",
    502: "Couldn't connect to TWS. Confirm that API is enabled in TWS via the File->Global "
    "Configuration->API menu command.",
    504: "Not connected",
    1100: "Connectivity between IBKR and Trader Workstation has been lost.",
    1101: "Connectivity between IBKR and Trader Workstation has been restored - data lost.",
    1102: "Connectivity between IBKR and Trader Workstation has been restored - data maintained.",
    1300: "TWS socket port has been reset and this connection is being dropped.",
    2100: "New account data requested from TWS.  API client has been unsubscribed from account "
    "data.",
    2101: "Unable to subscribe to account as the following clients are subscribed to a different "
    "account.",
    2103: "Market data farm connection is broken:usfarm",
    2104: "Market data farm connection is OK:usfarm",
    2105: "HMDS data farm connection is broken:ushmds",
    2106: "HMDS data farm connection is OK:ushmds",
    2108: "Market data farm connection is inactive but should be available upon demand.usfarm",
    2110: "Connectivity between Trader Workstation and server is broken. It will be restored "
    "automatically.",
    2158: "Sec-def data farm connection is OK:secdefil",
}


@dataclass(slots=True, kw_only=True)
class Dialect:
    """What differs from gateway to gateway, and what a real one may do although it need not.
    docs/simulated-gateway.md explains each."""

    server_version: int = 187  # what IB Gateway 10.41 can; what both can is used
    forced_version: int | None = None  # answered whatever the client offers
    time_zone: str = "US/Eastern"
    times: Literal["zoned", "utc"] = "zoned"
    lists_closed: bool = True  # positions closed today still come, with quantity 0
    model_rows: Literal["summed", "apart"] = "summed"  # in reqPositions, which has no model field
    commissions: Literal["with each fill", "after the end"] = "with each fill"
    has_placeholders: bool = False  # a commission that is not known yet is told as -1.0
    corrections: Literal["both", "last"] = "both"  # what reqExecutions lists of a corrected fill
    pushes_executions: bool = True
    execution_days: int = 1
    is_read_only: bool = False
    messages_per_second: int | None = 50
    clients_max: int = 32
    accounts_max: int = 50  # reqPositions is refused above
    chunk_bytes: int | None = None  # what is sent at a time


def encoded(message: Message, version: int) -> bytes:
    """The message as it is sent: its length, then its fields, each ended by NUL."""
    number, *names = message
    kind = message[number]
    texts = [
        f"{message[name]}\0"
        for name in names
        if _SINCE.get((kind, name), 0) <= version < _UNTIL.get((kind, name), RAW_IDS * 10)
    ]
    head = f"{kind}\0".encode()
    if version >= RAW_IDS:
        head = int(kind).to_bytes(4, "big")
    return framed(head + "".join(texts).encode())


def framed(payload: bytes) -> bytes:
    return len(payload).to_bytes(4, "big") + payload


def double(number: Decimal | None) -> str:
    """A number as Java prints it; unset for None.

    >>> double(Decimal("315114.75")), double(Decimal("12345678.9")), double(Decimal(0))
    ('315114.75', '1.23456789E7', '0.0')
    """
    if number is None:
        return UNSET_DOUBLE
    shortest = repr(float(number))
    if number == ZERO or Decimal("0.001") <= abs(number) < 10_000_000:
        return shortest
    sign, digits, _ = Decimal(shortest).normalize().as_tuple()
    first, *rest = map(str, digits)
    exponent = Decimal(shortest).adjusted()
    return f"{'-' if sign else ''}{first}.{''.join(rest) or '0'}E{exponent}"


def amount(number: Decimal) -> str:
    """A quantity: as many digits as there are."""
    return f"{number.normalize():f}"


def multiplier(contract: Contract) -> str:
    shown = contract.shown_multiplier
    return "" if shown == ONE else amount(shown)


def local_symbol(contract: Contract) -> str:
    """`AAPL  260417C00200000`: the root of an option is filled up to six."""
    if option_terms(contract.symbol) is None:
        return contract.symbol
    return contract.root.ljust(6) + contract.symbol.removeprefix(contract.root)


def _terms(contract: Contract, *, no_right: str) -> Message:
    option = contract.option
    on = contract.expires_on
    return {
        "conId": str(contract.con_id),
        "symbol": contract.root,
        "secType": contract.sec_type,
        "lastTradeDateOrContractMonth": f"{on:%Y%m%d}" if on else "",
        "strike": double(option.strike if option else ZERO),
        "right": option.right[0].upper() if option else no_right,
        "multiplier": multiplier(contract),
    }


def _names(contract: Contract) -> Message:
    trading_class = {"STK": "NMS", "CASH": contract.symbol}.get(contract.sec_type, contract.root)
    return {
        "currency": contract.currency,
        "localSymbol": local_symbol(contract),
        "tradingClass": trading_class,
    }


def average_cost(row: Row) -> Decimal:
    """Of one unit, multiplier and commission included."""
    return ZERO if row.quantity == ZERO else row.cost / row.quantity


def position(row: Row) -> Message:
    # The exchange is filled for stocks only (recorded AAPL and ES rows).
    contract = row.contract
    return {
        "id": "61",
        "version": "3",
        "account": row.account,
        **_terms(contract, no_right=""),
        "exchange": contract.exchange if contract.sec_type == "STK" else "",
        **_names(contract),
        "position": amount(row.quantity),
        "avgCost": double(average_cost(row)),
    }


def position_multi(row: Row, req_id: str) -> Message:
    plain = position(row)
    del plain["id"], plain["version"]
    start = {"id": "71", "version": "1", "reqId": req_id}
    return start | plain | {"modelCode": row.model}


def portfolio(row: Row, price: Decimal | None, realized: Decimal) -> Message:
    """Money is rounded to cents; a contract without a price is shown as worth nothing."""
    contract, last = row.contract, price or ZERO
    value = row.quantity * last * contract.multiplier
    gain = ZERO if price is None else value - row.cost
    return {
        "id": "7",
        "version": "8",
        **_terms(contract, no_right="0"),
        "primaryExchange": contract.exchange,
        **_names(contract),
        "position": amount(row.quantity),
        "marketPrice": double(last),
        "marketValue": double(cents(value)),
        "averageCost": double(average_cost(row)),
        "unrealizedPNL": double(cents(gain)),
        "realizedPNL": double(cents(realized)),
        "account": row.account,
    }


def execution(
    fill: Fill, order: Order, *, contract: Contract, account: str, exec_id: str, time: str,
    req_id: str = "-1", model: str = "",
) -> Message:  # fmt: skip
    return {
        "id": "11",
        "reqId": req_id,
        "orderId": "0",  # traded by hand
        **_terms(contract, no_right=""),
        "exchange": contract.exchange,
        **_names(contract),
        "execId": exec_id,
        "time": time,
        "account": account,
        "execExchange": contract.exchange,
        "side": "BOT" if fill.quantity > ZERO else "SLD",
        "shares": amount(abs(fill.quantity)),
        "price": double(fill.price),
        "permId": str(int(order.id[:8], 16) & 0x7FFFFFFF),
        "clientId": "0",
        "liquidation": "0",
        "cumQty": amount(abs(fill.cumulative)),
        "avgPrice": double(
            fill.price if not order.filled_quantity else order.filled_value / order.filled_quantity
        ),
        "orderRef": "",
        "evRule": "",
        "evMultiplier": "",
        "modelCode": model,
        "lastLiquidity": "2",
        "pendingPriceRevision": "0",
    }


def commission(exec_id: str, taken: Decimal, currency: str, realized: Decimal | None) -> Message:
    return {
        "id": "59",
        "version": "1",
        "execId": exec_id,
        "commission": double(taken),
        "currency": currency,
        "realizedPNL": double(realized),
        "yield": UNSET_DOUBLE,
        "yieldRedemptionDate": UNSET_INTEGER,
    }


def error(code: int, text: str = "", *, req_id: str = "-1") -> Message:
    return {
        "id": "4",
        "version": "2",
        "reqId": req_id,
        "code": str(code),
        "text": text or TEXTS.get(code, "Unknown"),
        "advancedOrderRejectJson": "",
    }


def told(number: int, *fields: str, version: str | None = "1") -> Message:
    """A short message whose fields have no names worth knowing."""
    start = {"id": str(number)} | ({} if version is None else {"version": version})
    return start | {f"field{index}": text for index, text in enumerate(fields)}


def named(number: int, **fields: str) -> Message:
    """A short message with version 1."""
    return {"id": str(number), "version": "1", **fields}


def exec_id_of(fill: Fill, fills: Mapping[str, Fill]) -> str:
    """`0001a2b3.6540c0de.01.02`: the last part counts the corrections."""
    number, first = 1, fill
    while first.corrects is not None:
        number, first = number + 1, fills[first.corrects]
    compact = first.id.replace("-", "")
    return f"{compact[:8]}.{compact[8:16]}.01.{number:02d}"


def time_of(at: datetime, dialect: Dialect) -> str:
    """`20261120 09:30:00 US/Eastern`, or `20261120-14:30:00`, which is UTC."""
    if dialect.times == "utc":
        return f"{at.astimezone(UTC):%Y%m%d-%H:%M:%S}"
    return f"{at.astimezone(ZoneInfo(dialect.time_zone)):%Y%m%d %H:%M:%S} {dialect.time_zone}"


def time_in(text: str, dialect: Dialect) -> datetime | None:
    """The time of a filter, in any of the forms a client may write; None for anything else."""
    found = re.fullmatch(r"(\d{8})(-| +)(\d\d:\d\d:\d\d)(?: +(\S+))?", text)
    if found is None:
        return None
    day, dash, clock, zone = found.groups()
    assumed = "UTC" if dash == "-" else zone or dialect.time_zone
    try:
        form = "%Y%m%d %H:%M:%S"
        return datetime.strptime(f"{day} {clock}", form).replace(tzinfo=ZoneInfo(assumed))
    except (ValueError, KeyError):
        return None


def cents(money: Decimal) -> Decimal:
    return money.quantize(Decimal("0.01"))


def joined(messages: Iterable[Message], version: int) -> bytes:
    return b"".join(encoded(message, version) for message in messages)
