"""What the attributes of a Flex row mean: ids, codes, quantities, fees and New York's times."""

import re
from datetime import UTC, datetime
from decimal import Decimal

from tieout.bulk.exact import shortened
from tieout.core.activity import ActivityId, Ratio
from tieout.core.numbers import ZERO, add, exact, magnitude, negate
from tieout.replay.fields import Fields
from tieout.venues.ibkr import flex_words
from tieout.venues.ibkr.flex_words import NEW_YORK
from tieout.venues.ibkr.sizes import shown_by

SIGNS = {"BUY": 1, "SELL": -1, "BUY (Ca.)": -1, "SELL (Ca.)": 1}
NOTHING = ("", "N/A", "--")

_MOMENT = re.compile(
    r"(\d{4})-?(\d{2})-?(\d{2})(?:[;,T ]+(\d{2}):?(\d{2}):?(\d{2}))?(?: [A-Z]{2,4})?"
)
_SPLIT = re.compile(r"\bSPLIT (\d+(?:\.\d+)?) FOR (\d+(?:\.\d+)?)\b")


def filled(fields: Fields, name: str) -> str | None:
    """A text of some worth: IBKR also writes N/A and -- for nothing."""
    text = fields.text(name)
    return None if text in NOTHING else text


def id_of(fields: Fields) -> ActivityId:
    """The id of a row: the transaction's, which a rebooked trade does not share."""
    for name in ("transactionID", "ibExecID", "actionID", "tradeID"):
        found = filled(fields, name)
        if found is not None:
            return ActivityId(found)
    return ActivityId(f"row {fields.row.number}")


def version_of(fields: Fields) -> tuple[str, int] | None:
    """The execution and its version: a correction differs in what is after the last period."""
    own_id = filled(fields, "ibExecID") or ""
    found = flex_words.version_of(own_id)
    return None if found[0] == own_id else found


def codes_of(fields: Fields) -> frozenset[str]:
    """The codes in `notes`, such as A for assigned or Ca for cancelled."""
    return frozenset(part.strip() for part in re.split("[;,]", fields.text("notes") or ""))


def quantity_of(fields: Fields) -> Decimal:
    """The signed quantity. The sign is that of `buySell` where the row has it."""
    quantity = fields.needed_number("quantity")
    if not quantity:
        fields.refuse("quantity", "must not be 0")
    if fields.text("buySell") is None:
        return quantity
    sign = fields.word("buySell", SIGNS)
    return magnitude(quantity) if sign > 0 else negate(magnitude(quantity))


def fee_of(fields: Fields) -> Decimal:
    """What a trade cost: commission and taxes, which IBKR has negative."""
    paid = add(fields.number("ibCommission") or ZERO, fields.number("taxes") or ZERO)
    return negate(paid) if paid else ZERO


def is_closing(fields: Fields, figure: Decimal | None) -> bool:
    """Whether IBKR calls a trade a closing; one that also opens the other side is not one."""
    indicator = fields.text("openCloseIndicator")
    if indicator is None:
        return bool(figure)
    return "C" in indicator and "O" not in indicator


def bond_size(fields: Fields, *, price: Decimal, quantity: Decimal) -> Decimal | None:
    """What one of a bond is worth by its price, mostly of a hundred of face value, as
    `tradeMoney` shows.
    """
    return shown_by(fields.number("tradeMoney"), quantity, price)


def split_ratio(fields: Fields) -> Ratio | None:
    """The terms of a split by its description: 4 FOR 1."""
    text = fields.text("actionDescription") or fields.text("description") or ""
    found = _SPLIT.search(text)
    return Ratio(new=exact(found[1]), old=exact(found[2])) if found else None


def moment(fields: Fields) -> datetime:
    """When a trade was done; with only a day, at its beginning."""
    written = filled(fields, "dateTime")
    name = "dateTime" if written is not None else "tradeDate"
    if written is None:
        clock = filled(fields, "tradeTime")
        day = filled(fields, "tradeDate") or filled(fields, "reportDate") or ""
        written = f"{day};{clock}" if clock else day
    found = moment_of(written)
    if found is None:
        allowed = "a time such as 20261120;143000 or 2026-11-20;14:30:00"
        fields.refuse(name, f"{shortened(written)} is not {allowed}")
    return found


def moment_of(text: str) -> datetime | None:
    """A time in New York, in any of the ways a query can be set to, but day before month.

    >>> moment_of("20261120;143000").isoformat(), moment_of("2026-11-20, 14:30:00 EST").isoformat()
    ('2026-11-20T19:30:00+00:00', '2026-11-20T19:30:00+00:00')
    """
    found = _MOMENT.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = map(int, found.groups(default="0"))
    try:
        local = datetime(year, month, day, hour, minute, second, tzinfo=NEW_YORK)
    except ValueError:
        return None
    return local.astimezone(UTC)
