"""Replies of the gateway for international derivatives: JSON-RPC, its numbers JSON numbers."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from tieout.venues.coinbase.international import is_inverse
from tieout.venues.coinbase.rows import (
    Access,
    LogPage,
    LogRow,
    PerpetualRow,
    SubaccountRow,
    TradePage,
    TradeRow,
    Unreadable,
)
from tieout.venues.http.bodies import (
    BodyInvalid,
    decoded,
    kind_of,
    list_of,
    object_in,
    refuse,
    texts,
)

TIME_MAX = 253_402_300_799_999  # the last millisecond that a datetime has
EXPIRES_S = 900

# What an error code of the gateway would be as an HTTP status: Deribit's list of errors.
STATUSES: Mapping[int, int] = {
    10028: 429, 10047: 429, 10066: 429,
    10040: 503, 10041: 503, 11051: 503, 11094: 503, 13028: 503, 13503: 503, -32603: 503,
    13004: 401, 13009: 401, 13005: 401, 13010: 401,
    13020: 404, 13021: 403, 13403: 403, 13011: 403, 13012: 403,
}  # fmt: skip
OTHER_STATUS = 400
Decoded = TypeVar("Decoded")


def error_in(body: bytes) -> tuple[int, float | None] | None:
    """The error in an envelope as an HTTP status, and how long it asks to wait; None for none."""
    try:
        found = decoded(body)
    except BodyInvalid:
        return None
    inner = found.get("error") if isinstance(found, dict) else None
    if not isinstance(inner, dict):
        return None
    code, more = inner.get("code"), inner.get("data")
    wait = more.get("wait") if isinstance(more, dict) else None
    status = STATUSES.get(code, OTHER_STATUS) if isinstance(code, int) else OTHER_STATUS
    return status, float(wait) if isinstance(wait, int) else None


def of_request(number: int, decode: Callable[[bytes], Decoded], body: bytes) -> Decoded:
    """What is decoded of the reply to a request; a reply to another one is refused."""
    found = object_in(body, "an envelope")
    if found.get("id") != number or isinstance(found.get("id"), bool):
        raise BodyInvalid(f"the reply to another request than number {number}")
    return decode(body)


def access_in(body: bytes) -> Access:
    """The token that signing in gives."""
    result = _result(body, "an access token")
    fields = texts(result) if isinstance(result, dict) else {}
    if not fields.get("access_token"):
        raise BodyInvalid("no access token")  # nothing of it is repeated
    expires = fields.get("expires_in", "")
    return Access(
        token=fields["access_token"],
        expires_s=int(expires) if expires.isdecimal() and len(expires) < 10 else EXPIRES_S,
    )


def perpetuals_in(body: bytes) -> tuple[PerpetualRow | Unreadable, ...]:
    """The positions; a result that is no list is refused."""
    rows = _result(body, "a list of positions")
    if not isinstance(rows, list):
        refuse(rows, "a list of positions")
    return tuple(map(_perpetual, rows))


def _perpetual(row: object) -> PerpetualRow | Unreadable:
    """Coins are in `size_currency`: `size` is what they are worth in dollars (Deribit's description
    of it, the example of Coinbase's guide to isolated positions, and ccxt's issue 13313). Of an
    inverse contract dollars are what is held, and coins what that is worth: they go with the price.
    """
    fields = texts(row) if isinstance(row, dict) else {}
    if not fields.get("instrument_name"):
        return f"a position is {kind_of(row)} without an instrument"
    name = fields["instrument_name"].strip()
    return PerpetualRow(
        name=name,
        kind=fields.get("kind"),
        direction=fields.get("direction"),
        size=fields.get("size" if is_inverse(name) else "size_currency"),
        average=fields.get("average_price"),
        price=fields.get("mark_price"),
        leverage=fields.get("leverage"),
        liquidation_price=fields.get("estimated_liquidation_price"),
        user=fields.get("user_id"),
        is_isolated=fields.get("isolated") == "true",
    )


def subaccounts_in(body: bytes) -> tuple[SubaccountRow, ...]:
    """The accounts of a login, of which its own is always one."""
    rows = _result(body, "a list of subaccounts")
    if not isinstance(rows, list) or not rows:
        refuse(rows, "a list of subaccounts")
    return tuple(map(_subaccount, rows))


def _subaccount(row: object) -> SubaccountRow:
    number = row.get("id", row.get("uid")) if isinstance(row, dict) else None
    if not isinstance(row, dict) or type(number) is not int:
        refuse(row, "a subaccount with a number")
    return SubaccountRow(id=number, is_isolated=row.get("isolated") is True)


def trades_in(body: bytes) -> TradePage:
    """A page of trades, which says whether there are more."""
    found = _result(body, "a page of trades")
    if not isinstance(found, dict):
        refuse(found, "a page of trades")
    rows = list_of(found, "trades", "a page of trades")
    has_more = found.get("has_more")
    if not isinstance(has_more, bool):
        refuse(found, "a page of trades that says whether there are more")
    return TradePage(rows=tuple(map(_trade, rows)), has_more=has_more)


def _trade(row: object) -> TradeRow | Unreadable:
    fields = texts(row) if isinstance(row, dict) else {}
    time = _time_of(row)
    trade_id, name = fields.get("trade_id"), fields.get("instrument_name")
    if time is None or not trade_id or not name:
        return f"a trade is {kind_of(row)} without an id, an instrument or a time"
    return TradeRow(
        id=trade_id,
        name=name.strip(),
        time=time,
        direction=fields.get("direction"),
        amount=fields.get("amount"),
        price=fields.get("price"),
        fee=fields.get("fee"),
        fee_currency=fields.get("fee_currency"),
        profit_loss=fields.get("profit_loss"),
        liquidation=fields.get("liquidation"),
        liquidity=fields.get("liquidity"),
        user=fields.get("user_id"),
        is_isolated=fields.get("isolated") == "true",
    )


def log_in(body: bytes) -> LogPage:
    """A page of the log, which says whether there are more."""
    found = _result(body, "a page of the log")
    if not isinstance(found, dict):
        refuse(found, "a page of the log")
    rows = list_of(found, "logs", "a page of the log")
    if "continuation" not in found:
        refuse(found, "a page of the log that says whether there are more")
    return LogPage(
        rows=tuple(map(_log_row, rows)), continuation=texts(found).get("continuation") or None
    )


def _log_row(row: object) -> LogRow | Unreadable:
    fields = texts(row) if isinstance(row, dict) else {}
    time = _time_of(row)
    row_id, currency = fields.get("id"), fields.get("currency")
    if time is None or not row_id or not currency:
        return f"a row of the log is {kind_of(row)} without an id, a currency or a time"
    return LogRow(
        id=row_id,
        kind=fields.get("type", ""),
        time=time,
        currency=currency,
        name=fields.get("instrument_name", "").strip() or None,
        funding=fields.get("interest_pl"),
        user=fields.get("user_id"),
    )


def _time_of(row: object) -> int | None:
    """When a row is from, if it says so as a number of milliseconds."""
    time = row.get("timestamp") if isinstance(row, dict) else None
    is_number = isinstance(time, int) and not isinstance(time, bool)
    return time if is_number and isinstance(time, int) and 0 <= time <= TIME_MAX else None


def _result(body: bytes, what: str) -> object:
    """What an envelope carries. One without a result is never taken as nothing."""
    found = object_in(body, f"an envelope with {what}")
    if "result" not in found:
        refuse(found, f"an envelope with {what}")
    return found["result"]
