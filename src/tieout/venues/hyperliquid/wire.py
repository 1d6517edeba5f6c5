"""Hyperliquid's replies as they are on the wire: every number is kept as the text that was sent."""

from collections.abc import Mapping
from decimal import Decimal
from typing import NoReturn

import msgspec

from tieout.core.errors import NumberError
from tieout.core.numbers import exact
from tieout.venues.hyperliquid.rows import (
    BalanceRow,
    FillRow,
    FundingRow,
    LedgerRow,
    PerpTable,
    PositionRow,
    Role,
    SpotTable,
    State,
    SubAccount,
    Unreadable,
)

SHOWN_MAX = 200
TIME_MAX = 253_402_300_799_999  # the last millisecond that a datetime has


class BodyInvalid(Exception):
    """A body is not what was asked for; the message says what it is instead."""


# What reading a body can end with where it is no JSON that can be used.
_NOT_JSON = (msgspec.MsgspecError, ValueError, RecursionError)

# Text for whatever is no whole number, so that no digit of a JSON number is lost.
_TEXTUAL = msgspec.json.Decoder(float_hook=str)


def state_in(body: bytes) -> State:
    """The positions on one dex; a reply without a list of them is refused."""
    found = _object_in(body, "a state of positions")
    rows = _list_of(found, "assetPositions", "a state of positions")
    return State(rows=tuple(map(_position, rows)), time=_time(found.get("time")))


def _position(row: object) -> PositionRow | Unreadable:
    inner = row.get("position") if isinstance(row, dict) else None
    if not isinstance(row, dict) or not isinstance(inner, dict):
        return f"a row is {_kind_of(row)} without a position"
    if row.get("type", "oneWay") != "oneWay":
        return f"a row is of the unknown kind {shown(str(row['type']))}"
    fields = _texts(inner)
    if not fields.get("coin"):
        return "a row has no coin"
    leverage = inner.get("leverage")
    lever = _texts(leverage) if isinstance(leverage, dict) else {}
    funding = inner.get("cumFunding")
    return PositionRow(
        coin=fields["coin"],
        szi=fields.get("szi"),
        entry_px=fields.get("entryPx"),
        position_value=fields.get("positionValue"),
        liquidation_px=fields.get("liquidationPx"),
        leverage=lever.get("value"),
        margin_mode=lever.get("type"),
        funding_so_far=_texts(funding).get("allTime") if isinstance(funding, dict) else None,
    )


def balances_in(body: bytes) -> tuple[BalanceRow | Unreadable, ...]:
    """The spot balances; a reply without a list of them is refused."""
    found = _object_in(body, "spot balances")
    return tuple(map(_balance, _list_of(found, "balances", "spot balances")))


def _balance(row: object) -> BalanceRow | Unreadable:
    fields = _texts(row) if isinstance(row, dict) else {}
    if not fields.get("coin"):
        return f"a balance is {_kind_of(row)} without a coin"
    return BalanceRow(
        coin=fields["coin"], total=fields.get("total"), entry_ntl=fields.get("entryNtl")
    )


def fills_in(body: bytes) -> list[FillRow | Unreadable]:
    """A page of fills."""
    return [_fill(row) for row in _list_in(body, "fills")]


def _fill(row: object) -> FillRow | Unreadable:
    fields = _texts(row) if isinstance(row, dict) else {}
    time = _time(row.get("time")) if isinstance(row, dict) else None
    if not isinstance(row, dict) or time is None or not fields.get("coin"):
        return f"a fill is {_kind_of(row)} without a coin or time"
    liquidation = row.get("liquidation")
    forced = _texts(liquidation) if isinstance(liquidation, dict) else {}
    return FillRow(
        time=time,
        coin=fields["coin"],
        side=fields.get("side"),
        px=fields.get("px"),
        sz=fields.get("sz"),
        start=fields.get("startPosition"),
        dir=fields.get("dir"),
        closed_pnl=fields.get("closedPnl"),
        oid=fields.get("oid"),
        tid=fields.get("tid"),
        hash=fields.get("hash"),
        fee=fields.get("fee"),
        fee_token=fields.get("feeToken"),
        liquidated_user=forced.get("liquidatedUser"),
        liquidation_method=forced.get("method"),
        liquidation_mark=forced.get("markPx"),
    )


def funding_in(body: bytes) -> list[FundingRow | Unreadable]:
    """A page of funding payments."""
    return [_funding(row) for row in _list_in(body, "funding")]


def _funding(row: object) -> FundingRow | Unreadable:
    time, fields = _delta_of(row)
    if time is None or not fields.get("coin"):
        return f"a funding payment is {_kind_of(row)} without a coin or time"
    return FundingRow(time=time, coin=fields["coin"], usdc=fields.get("usdc"))


def ledger_in(body: bytes) -> list[LedgerRow | Unreadable]:
    """A page of transfers and the like."""
    return [_ledger(row) for row in _list_in(body, "ledger updates")]


def _ledger(row: object) -> LedgerRow | Unreadable:
    time, fields = _delta_of(row)
    if time is None or not fields.get("type") or not isinstance(row, dict):
        return f"a ledger update is {_kind_of(row)} without a type or time"
    positions = row["delta"].get("liquidatedPositions")
    listed = positions if isinstance(positions, list) else []
    coins = (_texts(each).get("coin") for each in listed if isinstance(each, dict))
    return LedgerRow(
        time=time,
        hash=_texts(row).get("hash", ""),
        fields=tuple(sorted(fields.items())),
        coins=tuple(coin for coin in coins if coin),
    )


def _delta_of(row: object) -> tuple[int | None, dict[str, str]]:
    delta = row.get("delta") if isinstance(row, dict) else None
    if not isinstance(row, dict) or not isinstance(delta, dict):
        return None, {}
    return _time(row.get("time")), _texts(delta)


def role_in(body: bytes) -> Role:
    """What an address is."""
    found = _object_in(body, "a role")
    name = found.get("role")
    if not isinstance(name, str) or not name:
        raise BodyInvalid(f"{_described(found)} instead of a role")
    data = found.get("data")
    about = _texts(data) if isinstance(data, dict) else {}
    return Role(name=name, of=about.get("user") or about.get("master"))


def sub_accounts_in(body: bytes) -> tuple[SubAccount, ...]:
    """The sub-accounts of an account; null says that there are none."""
    if _decoded(body) is None:
        return ()
    return tuple(map(_sub_account, _list_in(body, "sub-accounts")))


def _sub_account(row: object) -> SubAccount:
    fields = _texts(row) if isinstance(row, dict) else {}
    address, master = fields.get("subAccountUser"), fields.get("master")
    if not address or not master:
        raise BodyInvalid("a sub-account without an address or without its master")
    return SubAccount(address=address.lower(), master=master.lower())


def dexes_in(body: bytes) -> tuple[str, ...]:
    """The names of the builder dexes; the main one stands as null and has none."""
    names = []
    for row in _list_in(body, "perp dexes"):
        name = row.get("name") if isinstance(row, dict) else None
        if row is not None and not isinstance(name, str):
            raise BodyInvalid("a perp dex without a name")
        if isinstance(name, str) and name:
            names.append(name)
    return tuple(names)


def perps_in(body: bytes) -> PerpTable:
    """What trades on a dex."""
    found = _object_in(body, "a table of perpetuals")
    rows = [row for row in _list_of(found, "universe", "a table of perpetuals")
            if isinstance(row, dict)]  # fmt: skip
    sizes = ((row.get("name"), row.get("szDecimals")) for row in rows)
    if not rows:
        raise BodyInvalid("a table of perpetuals with nothing in it")
    collateral = found.get("collateralToken")
    return PerpTable(
        size_decimals={
            name: size for name, size in sizes if isinstance(name, str) and isinstance(size, int)
        },
        collateral=collateral if isinstance(collateral, int) else 0,
    )


def spot_in(body: bytes) -> SpotTable:
    """The spot tokens and pairs."""
    found = _object_in(body, "a table of spot pairs")
    tokens: dict[int, str] = {}
    for row in _list_of(found, "tokens", "a table of spot pairs"):
        if isinstance(row, dict) and isinstance(row.get("index"), int):
            tokens[row["index"]] = str(row.get("name"))
    if not tokens:
        raise BodyInvalid("a table of spot pairs without a token")
    pairs: dict[str, tuple[int, int]] = {}
    for row in _list_of(found, "universe", "a table of spot pairs"):
        legs = row.get("tokens") if isinstance(row, dict) else None
        if isinstance(row, dict) and isinstance(legs, list) and len(legs) == 2:
            pairs[str(row.get("name"))] = (legs[0], legs[1])
    return SpotTable(tokens=tokens, pairs=pairs)


def mids_in(body: bytes) -> dict[str, str]:
    """The middle prices by coin."""
    return _texts(_object_in(body, "middle prices"))


def mode_in(body: bytes) -> str:
    """The account mode, which comes as a bare text."""
    found = _decoded(body)
    if not isinstance(found, str):
        raise BodyInvalid(f"{_described(found)} instead of an account mode")
    return found


def limits_in(body: bytes) -> dict[str, str]:
    """The account's own counters of requests."""
    return _texts(_object_in(body, "a rate limit"))


def agents_in(body: bytes) -> int:
    """How many named API wallets an account has."""
    return len(_list_in(body, "API wallets"))


def message_in(body: bytes) -> str:
    """What is said about an error: plain text, or the message of an object."""
    try:
        found = _TEXTUAL.decode(body)
    except _NOT_JSON:
        text = body[:SHOWN_MAX].decode("utf-8", "replace").strip()
        return "" if text.startswith("<") else text
    if not isinstance(found, dict):
        return found if isinstance(found, str) else ""
    texts = _texts(found)
    return " ".join(texts[key] for key in ("code", "msg", "error", "message") if texts.get(key))


def number(text: str | None) -> Decimal | None:
    """The number a field stands for; None where it is not reported (null, "", NaN) or none."""
    if not text:
        return None
    try:
        return exact(text)
    except NumberError:
        return None


def shown(text: str) -> str:
    """A text of the venue on one line, short enough for a message."""
    return "".join(letter if letter.isprintable() else " " for letter in text)[:SHOWN_MAX]


def _decoded(body: bytes) -> object:
    if not body.strip():
        raise BodyInvalid("nothing at all")
    try:
        return _TEXTUAL.decode(body)
    except _NOT_JSON as error:
        start = body.lstrip()[:15].lower()
        if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<head", b"<body")):
            raise BodyInvalid("a web page instead of JSON") from None
        raise BodyInvalid(f"no valid JSON ({error})") from None


def _object_in(body: bytes, what: str) -> dict[str, object]:
    found = _decoded(body)
    if not isinstance(found, dict):
        _refuse(found, what)
    return found


def _list_in(body: bytes, what: str) -> list[object]:
    found = _decoded(body)
    if not isinstance(found, list):
        _refuse(found, f"a list of {what}")
    return found


def _list_of(found: Mapping[str, object], key: str, what: str) -> list[object]:
    listed = found.get(key)
    if not isinstance(listed, list):
        _refuse(found, what)
    return listed


def _refuse(found: object, what: str) -> NoReturn:
    raise BodyInvalid(f"{_described(found)} instead of {what}")


def _described(found: object) -> str:
    """An unexpected value in words, with the message where it is an error object."""
    if not isinstance(found, dict):
        return _kind_of(found)
    texts = _texts(found)
    said = texts.get("error") or texts.get("message") or texts.get("msg")
    if said:
        return f"an error object ({said[:SHOWN_MAX]})"
    keys = ", ".join(sorted(map(str, found))[:5])
    return f"an object with the keys {keys}" if keys else "an empty object"


def _kind_of(found: object) -> str:
    if found is None:
        return "null"
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false"}
    return names.get(type(found), "a number")


def _time(value: object) -> int | None:
    """Milliseconds since 1970; None for what is no such time."""
    is_time = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= TIME_MAX
    return value if is_time and isinstance(value, int) else None


def _texts(row: Mapping[str, object]) -> dict[str, str]:
    """The plain fields of an object as texts: numbers by the characters that were sent."""
    return {key: _text(value) for key, value in row.items() if isinstance(value, str | int)}


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
