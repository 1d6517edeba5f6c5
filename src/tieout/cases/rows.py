"""Reading the book of a case file: positions, their lots, and that no two rows are one position."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tieout.cases.fields import Fields, fields_of
from tieout.core.activity import Side
from tieout.core.book import Account, BookRow, RowLot
from tieout.core.instrument import Instrument, identity_key, spelling_key, told_by_symbol
from tieout.core.numbers import ZERO, add, multiply, plain
from tieout.core.position import Basis, Status

SIDES: tuple[Side, ...] = ("long", "short")
BASES: tuple[Basis, ...] = ("actual", "venue")
OPEN_STATUSES: tuple[Status, ...] = ("OPENING", "OPEN", "REDUCED", "CLOSING")
ROW_KEYS = (
    "symbol", "quantity", "average_price", "status", "opened_at", "basis", "lots", "side",
    "venue_id", "multiplier", "currency", "realized", "expires",
)  # fmt: skip
# Rows by name or id and side: the id and the path of each.
Taken = dict[tuple[str, Side | None], list[tuple[str | None, str]]]
LOT_KEYS = ("quantity", "price", "at", "fees")


@dataclass(frozen=True, slots=True)
class Names:
    """The instruments of the file by each of their ids and spellings."""

    account: Account
    by_id: dict[str, Instrument]
    by_spelling: dict[str, Instrument]

    @classmethod
    def of(cls, instruments: Sequence[Instrument], account: Account) -> "Names":
        names = cls(account, {}, {})
        for instrument in instruments:
            for venue_id in instrument.venue_ids:
                names.by_id.setdefault(venue_id, instrument)
            for spelling in (instrument.symbol, *instrument.spellings):
                names.by_spelling.setdefault(spelling_key(spelling), instrument)
        return names

    def identity(self, row: BookRow) -> tuple[str, str | None]:
        """The instrument of a row and its id: by the id where that is listed, else by spelling."""
        listed = self.by_id.get(row.venue_id) if row.venue_id else None
        if listed is not None:
            return identity_key(listed), listed.venue_ids[0]
        return identity_key(self.named(row.symbol)), row.venue_id

    def named(self, symbol: str) -> Instrument:
        """What the file says of a name, else what the name tells."""
        known = self.by_spelling.get(spelling_key(symbol))
        account = self.account
        return known or told_by_symbol(symbol, venue=account.venue, currency=account.currency)


def read_book(
    top: Fields, instruments: Sequence[Instrument], account: Account, *, starts_at: datetime
) -> tuple[BookRow, ...]:
    """The rows of the book; two rows for one position are a fault of the second."""
    names = Names.of(instruments, account)
    rows: list[BookRow] = []
    taken: Taken = {}
    for path, item in top.items("book"):
        row = read_row(fields_of(item, path, ROW_KEYS, top.faults), starts_at)
        other = same_position(row, path, names, taken) if row.symbol else None
        if other is not None:
            top.faults.add(path, f"is the same position as {other}")
        rows.append(row)
    return tuple(rows)


def same_position(row: BookRow, path: str, names: Names, taken: Taken) -> str | None:
    """The path of an earlier row of the same position; this one is remembered for later ones."""
    name, venue_id = names.identity(row)
    found = None
    for key in (name, *([f"id {venue_id}"] if venue_id else [])):
        others = taken.setdefault((key, row.side), [])
        for other_id, other in others:
            found = other if other_id is None or venue_id in (None, other_id) else found
        others.append((venue_id, path))
    return found


def read_row(fields: Fields, starts_at: datetime) -> BookRow:
    """One position that the book starts with."""
    quantity = fields.required_number("quantity", "the signed quantity, short is negative")
    status = fields.word("status", OPEN_STATUSES) or "OPEN"
    side = fields.word("side", SIDES)
    check_quantity(fields, quantity, status, side)
    opened_at = fields.moment("opened_at")
    lots = read_lots(fields, quantity, opened_at or starts_at)
    basis = fields.word("basis", BASES)
    if lots and basis == "venue":
        fields.fault("basis", "must be actual where there are lots")
    return BookRow(
        symbol=fields.required_text("symbol", "the name of the instrument"),
        quantity=quantity,
        average_price=fields.number("average_price"),
        status=status,
        opened_at=opened_at,
        basis="actual" if lots else basis or "venue",
        lots=lots,
        side=side,
        venue_id=fields.text("venue_id"),
        multiplier=fields.positive("multiplier"),
        currency=fields.text("currency"),
        realized=fields.number("realized"),
        expires=fields.day("expires"),
    )


def check_quantity(fields: Fields, quantity: Decimal, status: Status, side: Side | None) -> None:
    """A row is an open position, its sign that of its side; only a CLOSING one may be flat."""
    if not fields.has("quantity"):
        return
    if not quantity and status != "CLOSING":
        fields.fault("quantity", "must not be 0: what is flat is not in the book")
    if side is not None and (quantity > ZERO) != (side == "long") and quantity:
        fields.fault("quantity", f"must be signed like its side, {side}")


def read_lots(fields: Fields, quantity: Decimal, opened_at: datetime) -> tuple[RowLot, ...]:
    """The lots of a row, oldest first; they add up to its quantity."""
    lots: list[RowLot] = []
    total, latest = ZERO, None
    for path, item in fields.items("lots"):
        lot = fields_of(item, path, LOT_KEYS, fields.faults)
        at = lot.moment("at")
        if at is not None and latest is not None and at < latest:
            lot.fault("at", "is before the lot above it: lots are given oldest first")
        latest = at or latest
        found = read_lot(lot, at=latest or opened_at, held=quantity)
        total = add(total, found.quantity)
        lots.append(found)
    if lots and quantity and total != quantity:
        fields.fault(
            "lots", f"the lots add up to {plain(total)}, the position holds {plain(quantity)}"
        )
    return tuple(lots)


def read_lot(lot: Fields, *, at: datetime, held: Decimal) -> RowLot:
    """One lot, signed like its position."""
    quantity = lot.required_number("quantity", "the signed quantity of the lot")
    if lot.has("quantity") and held and multiply(quantity, held) <= ZERO:
        lot.fault("quantity", "must be signed like the position, and not 0")
    return RowLot(
        quantity=quantity,
        price=lot.required_number("price", "what one unit of the lot cost"),
        at=at,
        fees=lot.number("fees") or ZERO,
    )
