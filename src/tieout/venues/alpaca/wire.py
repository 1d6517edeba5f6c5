"""Alpaca's replies as they are on the wire: every number is kept as the text that was sent."""

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from tieout.core.errors import NumberError
from tieout.core.numbers import exact


class BodyInvalid(Exception):
    """A body is not what was asked for; the message says what it is instead."""


class PositionRow(msgspec.Struct, frozen=True, gc=False):
    """One row of GET /v2/positions. Fields that Tieout has no use for are not read."""

    symbol: str | None = None
    asset_id: str | None = None
    asset_class: str | None = None
    side: str | None = None
    qty: str | None = None
    avg_entry_price: str | None = None
    current_price: str | None = None


class AccountRow(msgspec.Struct, frozen=True):
    """GET /v2/account. The number once came in capitals (recorded in May 2020)."""

    id: str | None = None
    account_number: str | None = None
    number_in_capitals: str | None = msgspec.field(default=None, name="ACCOUNT_NUMBER")
    currency: str | None = None
    status: str | None = None
    account_blocked: str | None = None
    trading_blocked: str | None = None
    transfers_blocked: str | None = None
    trade_suspended_by_user: str | None = None

    @property
    def number(self) -> str | None:
        """What people know the account by; recordings of 2019 have nothing but the id."""
        return self.account_number or self.number_in_capitals or self.id

    @property
    def names(self) -> frozenset[str]:
        """Everything this account may be called by."""
        found = (self.id, self.account_number, self.number_in_capitals)
        return frozenset(name for name in found if name)


class ActivityRow(msgspec.Struct, frozen=True):
    """One row of GET /v2/account/activities, with what newer rows keep in `details`.

    Everything after `status` is told by some rows only: terms of corporate actions, the group
    that ties the rows of one action together, and the trade that a bust takes back.
    """

    id: str | None = None
    activity_type: str | None = None
    transaction_time: str | None = None
    date: str | None = None
    created_at: str | None = None
    type: str | None = None
    side: str | None = None
    symbol: str | None = None
    qty: str | None = None
    price: str | None = None
    net_amount: str | None = None
    currency: str | None = None
    description: str | None = None
    status: str | None = None
    activity_sub_type: str | None = None
    activity_subtype: str | None = None
    execution_type: str | None = None
    previous_id: str | None = None
    previous_execution_id: str | None = None
    group_id: str | None = None
    ca_id: str | None = None
    asset_id: str | None = None
    new_asset_id: str | None = None
    per_share_amount: str | None = None
    rate: str | None = None
    old_symbol: str | None = None
    new_symbol: str | None = None
    source_symbol: str | None = None
    alternate_symbol: str | None = None
    acquiree_symbol: str | None = None
    acquirer_symbol: str | None = None
    old_contract_symbol: str | None = None
    new_contract_symbol: str | None = None
    old_rate: str | None = None
    new_rate: str | None = None
    source_rate: str | None = None
    alternate_rate: str | None = None
    acquiree_rate: str | None = None
    acquirer_rate: str | None = None
    old_qty: str | None = None
    new_qty: str | None = None
    source_qty: str | None = None
    alternate_qty: str | None = None
    acquiree_qty: str | None = None
    acquirer_qty: str | None = None
    entitled_qty: str | None = None
    ex_date: str | None = None

    @property
    def kind(self) -> str:
        return (self.activity_type or "").strip().upper()

    @property
    def sub_kind(self) -> str:
        return (self.activity_sub_type or self.activity_subtype or "").strip().upper()

    @property
    def name(self) -> str:
        """The symbol without the spaces that Alpaca's own sample has after it."""
        return (self.symbol or "").strip()


class AssetRow(msgspec.Struct, frozen=True):
    """One row of GET /v2/assets: a pair is written with its slash only here."""

    symbol: str | None = None


# A position row that cannot be read, and why.
Unreadable = str

# What reading a body can end with where it is no JSON that can be used.
_NOT_JSON = (msgspec.MsgspecError, ValueError, RecursionError)

# Text for whatever is no whole number, so that no digit of a JSON number is lost.
_TEXTUAL = msgspec.json.Decoder(float_hook=str)
_POSITIONS = msgspec.json.Decoder(list[PositionRow])


def positions_in(body: bytes) -> list[PositionRow | Unreadable]:
    """The rows of a positions reply. A row that is no object is its problem in words."""
    try:
        return list(_POSITIONS.decode(body))
    except _NOT_JSON:
        return [_position(row) for row in _list_in(body)]


def _position(row: object) -> PositionRow | Unreadable:
    if not isinstance(row, dict):
        return f"a row is {_kind_of(row)}, not an object"
    return msgspec.convert(_texts(row), PositionRow)


def activities_in(body: bytes) -> list[ActivityRow | Unreadable]:
    """The rows of a page of activities, what is in `details` beside the rest."""
    return [_activity(row) for row in _list_in(body)]


def _activity(row: object) -> ActivityRow | Unreadable:
    if not isinstance(row, dict):
        return f"a row is {_kind_of(row)}, not an object"
    details = row.get("details")
    inner = _texts(details) if isinstance(details, dict) else {}
    return msgspec.convert({**inner, **_texts(row)}, ActivityRow)


def account_in(body: bytes) -> AccountRow:
    """The account; a reply that names none is refused."""
    found = _decoded(body)
    if not isinstance(found, dict):
        raise BodyInvalid(f"{_kind_of(found)} instead of an account")
    account = msgspec.convert(_texts(found), AccountRow)
    if account.number is None:
        raise BodyInvalid(f"{_described(found)} instead of an account")
    return account


def assets_in(body: bytes) -> list[str]:
    """The symbols of an asset list."""
    objects = [row for row in _list_in(body) if isinstance(row, dict)]
    symbols = (msgspec.convert(_texts(row), AssetRow).symbol for row in objects)
    return [symbol for symbol in symbols if symbol]


def message_in(body: bytes) -> str:
    """What Alpaca says about an error, as far as the body is one of its own."""
    try:
        found = _TEXTUAL.decode(body)
    except _NOT_JSON:
        return ""
    if not isinstance(found, dict):
        return ""
    texts = _texts(found)
    return " ".join(texts[key] for key in ("code", "message") if texts.get(key))


def number(text: str | None) -> Decimal | None:
    """The number a field stands for; None where it is not reported or no number."""
    if not text:
        return None
    try:
        return exact(text)
    except NumberError:
        return None


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


def _list_in(body: bytes) -> list[object]:
    found = _decoded(body)
    if not isinstance(found, list):
        raise BodyInvalid(f"{_described(found)} instead of a list")
    return found


def _described(found: object) -> str:
    """An unexpected value in words, with the message where it is an error object."""
    if not isinstance(found, dict):
        return _kind_of(found)
    texts = _texts(found)
    said = texts.get("message") or texts.get("error")
    if said:
        return f"an error object ({said[:200]})"
    keys = ", ".join(sorted(map(str, found))[:5])
    return f"an object with the keys {keys}" if keys else "an empty object"


def _kind_of(found: object) -> str:
    if found is None:
        return "null"
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false"}
    return names.get(type(found), "a number")


def _texts(row: Mapping[object, object]) -> dict[str, str]:
    """The plain fields of an object as texts: numbers by the characters that were sent."""
    return {str(key): _text(value) for key, value in row.items() if _is_plain(value)}


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
