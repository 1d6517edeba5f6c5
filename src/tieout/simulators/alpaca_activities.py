"""`/v2/account/activities`: what happened, in Alpaca's words, filtered and paged as there."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time

from tieout.simulators.alpaca_refusals import Refused
from tieout.simulators.alpaca_wire import Dialect, Json, instant, plain_symbol, text
from tieout.simulators.holdings import ZERO, kind_of
from tieout.simulators.ledger import NEW_YORK
from tieout.simulators.records import Booking, BookingKind, Fill, Record

PAGE_MAX = 100

TYPES: dict[BookingKind, str] = {
    "assignment": "OPASN",
    "cash_in_lieu": "CIL",
    "cash_transfer": "ACATC",
    "crypto_fee": "CFEE",
    "deposit": "CSD",
    "delivery": "OPTRD",
    "dividend": "DIV",
    "exercise": "OPEXC",
    "expiry": "OPEXP",
    "fee": "FEE",
    "interest": "INT",
    "journal": "JNLC",
    "merger": "MA",
    "rename": "NC",
    "spin_off": "SPIN",
    "split": "SPLIT",
    "transfer": "ACATS",
    "withdrawal": "CSW",
}
SUB_TYPES = {
    ("dividend", "cash"): "CDIV",
    ("merger", "cash"): "CMA",
    ("merger", "stock"): "SMA",
    ("merger", "both"): "SCMA",
    ("rename", "symbol"): "SNC",
    ("split", "forward"): "FSPLIT",
    ("split", "reverse"): "RSPLIT",
    ("split", "unit"): "USPLIT",
}
DESCRIPTIONS: dict[BookingKind, str] = {
    "assignment": "Option Assignment",
    "delivery": "Option Trade",
    "exercise": "Option Exercise",
    "expiry": "Option Expiry",
}
GROUPS = {
    "TRANS": {"CSD", "CSW"},
    "MISC": set(TYPES.values()) - {"CSD", "CSW", "DIV"},
}
# What Alpaca knows besides; this market never books it, but it may be asked for.
OTHER_TYPES = (
    "CGD DIVCGL DIVCGS DIVFEE DIVFT DIVNRA DIVROC DIVTW DIVTXEX DIVWH EXTRD FOPT FXTRD INTNRA "
    "INTPNL INTTW JNL JNLS MEM OCT OPCA OPCSH OPXRC PTC PTR REORG SC SSO SSP SWP VOF WH"
)
KNOWN = {"FILL", *GROUPS, *TYPES.values(), *OTHER_TYPES.split()}


def activity(record: Record, dialect: Dialect) -> Json:
    """One row."""
    return _trade(record, dialect) if isinstance(record, Fill) else _booking(record, dialect)


def _trade(fill: Fill, dialect: Dialect) -> Json:
    is_done = fill.left == ZERO
    row: Json = {
        "id": activity_id(fill, dialect),
        "activity_type": "FILL",
        "transaction_time": instant(fill.at),
        "type": "fill" if is_done else "partial_fill",
        "price": text(fill.price),
        "qty": text(abs(fill.quantity)),
        "side": "buy" if fill.quantity > ZERO else "sell",
        "symbol": _symbol(fill.symbol, dialect, is_fee=False),
        "leaves_qty": text(abs(fill.left)),
        "order_id": fill.order_id,
        "cum_qty": text(abs(fill.cumulative)),
        "order_status": "filled" if is_done else "partially_filled",
    }
    # Not recorded anywhere: how this list shows a bust or a correction. The words are those of
    # other activities' status and of the newer event stream.
    if fill.status != "executed":
        row["status"] = fill.status
    if fill.corrects is not None:
        row["previous_id"] = fill.corrects
    return row


def _booking(booking: Booking, dialect: Dialect) -> Json:
    row: Json = {
        "id": activity_id(booking, dialect),
        "activity_type": TYPES[booking.kind],
        "date": booking.on.isoformat(),
        "created_at": instant(booking.at),
        "net_amount": text(booking.cash),
        "description": _description(booking),
        "status": booking.status,
        "currency": "USD",
    }
    sub_type = SUB_TYPES.get((booking.kind, booking.variant)) or booking.variant.upper()
    if sub_type:
        row["activity_sub_type"] = sub_type
    if booking.symbol is not None:
        is_fee = booking.kind == "crypto_fee"
        row["symbol"] = _symbol(booking.symbol, dialect, is_fee=is_fee)
    numbers = {
        "qty": booking.quantity,
        "price": booking.price,
        "per_share_amount": booking.per_share,
    }
    row |= {name: text(number) for name, number in numbers.items() if number is not None}
    if booking.group is not None and booking.kind != "crypto_fee":
        row["group_id"] = booking.group
    if dialect.has_corporate_detail:
        row = dict(booking.detail) | row
    return row


def _description(booking: Booking) -> str:
    if booking.description:
        return booking.description
    if booking.kind == "crypto_fee":
        in_coins = booking.quantity is not None
        return f"Coin Pair Transaction Fee ({'Non USD' if in_coins else 'USD'})"
    if booking.kind == "split" and booking.quantity is not None and "old_qty" in booking.detail:
        # The sign of the first quantity is Alpaca's.
        word = "REMOVE" if booking.quantity < ZERO else "ADD"
        old, new = booking.detail["old_qty"], booking.detail["new_qty"]
        value = abs(booking.quantity * (booking.price or ZERO))
        return f"{word}, From QTY:-{old}, To QTY:{new}, Position Value:{text(value)}"
    return DESCRIPTIONS.get(booking.kind, "")


def _symbol(symbol: str, dialect: Dialect, *, is_fee: bool) -> str:
    is_plain = dialect.activity_coins == "plain" or (dialect.activity_coins == "mixed" and is_fee)
    return plain_symbol(symbol) if is_plain and kind_of(symbol) == "crypto" else symbol


def activity_id(record: Record, dialect: Dialect) -> str:
    """New York digits and a uuid. Not in order: the hour may be on a 12-hour clock, and what is
    no trade carries only its day."""
    if isinstance(record, Booking):
        return f"{record.on:%Y%m%d}000000000::{record.id}"
    local = record.at.astimezone(NEW_YORK)
    hour = "%I" if dialect.has_twelve_hour_ids else "%H"
    return f"{local:%Y%m%d}{local.strftime(hour)}{local:%M%S%f}"[:-3] + f"::{record.id}"


def listed(
    records: Sequence[Record], query: Mapping[str, str], types: str | None, dialect: Dialect
) -> list[Json]:
    """The page that was asked for. `page_token` is the id of the last row already seen: what
    comes after it in the direction asked for."""
    wanted = _wanted_types(types)
    span = _Span(query, dialect)
    rows = sorted(
        (span.moment(record), number, record)
        for number, record in enumerate(records)
        if (wanted is None or _type(record) in wanted) and span.holds(record)
    )
    found = [record for _, _, record in rows]
    direction = query.get("direction", "desc")
    if direction not in ("asc", "desc"):
        raise Refused(422, f"invalid direction: {direction}")
    if direction == "desc":
        found.reverse()
    return [activity(record, dialect) for record in _page(found, query)]


def _type(record: Record) -> str:
    return "FILL" if isinstance(record, Fill) else TYPES[record.kind]


def _wanted_types(types: str | None) -> set[str] | None:
    if not types:
        return None
    wanted: set[str] = set()
    for name in types.split(","):
        if name not in KNOWN:
            raise Refused(422, f"invalid activity type: {name}")
        wanted |= GROUPS.get(name, {name})
    return wanted


class _Span:
    """The time asked for, and by which time of a record it is measured."""

    def __init__(self, query: Mapping[str, str], dialect: Dialect) -> None:
        self._by_day = dialect.bookings_by == "date"
        self._on = _read(query, "date")
        self._after = _read(query, "after")
        self._until = _read(query, "until")
        if self._on is not None and (self._after is not None or self._until is not None):
            raise Refused(422, "date cannot be used with after or until")

    def moment(self, record: Record) -> datetime:
        if isinstance(record, Booking) and self._by_day:
            return datetime.combine(record.on, time(0), NEW_YORK)
        return record.at

    def holds(self, record: Record) -> bool:
        at = self.moment(record)
        if self._on is not None:
            own = record.on if isinstance(record, Booking) else at.astimezone(NEW_YORK).date()
            return own == self._on.date()
        if self._after is not None and at <= self._after:
            return False
        return self._until is None or at < self._until


def _read(query: Mapping[str, str], name: str) -> datetime | None:
    """A day or an instant; what has no zone is UTC."""
    given = query.get(name)
    if not given:
        return None
    try:
        at = datetime.fromisoformat(given.replace(" ", "+"))
    except ValueError:
        raise Refused(422, f"invalid {name}: {given}") from None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _page(found: list[Record], query: Mapping[str, str]) -> list[Record]:
    token = query.get("page_token")
    start = 0
    if token:
        ids = [record.id for record in found]
        last = token.split("::")[-1]
        if last not in ids:
            raise Refused(422, f"invalid page_token: {token}")
        start = ids.index(last) + 1
    size = query.get("page_size", "")
    if size and not size.isdigit():
        raise Refused(422, f"invalid page_size: {size}")
    if "date" in query:  # then everything comes at once, unless asked otherwise
        return found[start : start + int(size)] if size else found[start:]
    return found[start : start + min(int(size or PAGE_MAX), PAGE_MAX)]
