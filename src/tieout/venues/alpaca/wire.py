"""Alpaca's replies as they are on the wire: every number is kept as the text that was sent."""

import msgspec

from tieout.venues.http.bodies import NOT_JSON, kind_of, list_in, object_in, refuse, texts


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

_POSITIONS = msgspec.json.Decoder(list[PositionRow])


def positions_in(body: bytes) -> list[PositionRow | Unreadable]:
    """The rows of a positions reply. A row that is no object is its problem in words."""
    try:
        return list(_POSITIONS.decode(body))
    except NOT_JSON:
        return [_position(row) for row in list_in(body)]


def _position(row: object) -> PositionRow | Unreadable:
    if not isinstance(row, dict):
        return f"a row is {kind_of(row)}, not an object"
    return msgspec.convert(texts(row), PositionRow)


def activities_in(body: bytes) -> list[ActivityRow | Unreadable]:
    """The rows of a page of activities, what is in `details` beside the rest."""
    return [_activity(row) for row in list_in(body)]


def _activity(row: object) -> ActivityRow | Unreadable:
    if not isinstance(row, dict):
        return f"a row is {kind_of(row)}, not an object"
    details = row.get("details")
    inner = texts(details) if isinstance(details, dict) else {}
    return msgspec.convert({**inner, **texts(row)}, ActivityRow)


def account_in(body: bytes) -> AccountRow:
    """The account; a reply that names none is refused."""
    found = object_in(body, "an account")
    account = msgspec.convert(texts(found), AccountRow)
    if account.number is None:
        refuse(found, "an account")
    return account


def assets_in(body: bytes) -> list[str]:
    """The symbols of an asset list."""
    objects = [row for row in list_in(body) if isinstance(row, dict)]
    symbols = (msgspec.convert(texts(row), AssetRow).symbol for row in objects)
    return [symbol for symbol in symbols if symbol]
