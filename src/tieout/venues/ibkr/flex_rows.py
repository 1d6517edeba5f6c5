"""Rows of a Flex statement, each read by `ibflex` on its own.

ibflex gives up a whole statement for one word that it does not know. Here a row that it cannot
read is said and left out, an attribute that it does not know is not shown to it, and what it
would read without telling (a day that may be a month, a time of another zone) is refused.
"""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache
from typing import TypeVar
from xml.etree.ElementTree import Element

from ibflex import Types
from ibflex.parser import FlexParserError, parse_data_element

from tieout.core.numbers import ZERO, add, negate
from tieout.venues.ibkr.flex_words import NEW_YORK, day_end

_OFFSET = re.compile(r"\d[+-]\d{2}:?\d{2}$")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")

Row = TypeVar("Row", bound=Types.FlexElement)
Span = tuple[datetime, datetime]


class RowUnread(Exception):
    """A row that cannot be read; the message says why."""


def rows_in(section: Element | None, kind: type[Row]) -> tuple[tuple[Row, ...], tuple[str, ...]]:
    """The rows of a kind in a section, and in words those that cannot be read."""
    found: list[Row] = []
    problems: list[str] = []
    for element in () if section is None else section:
        if element.tag != kind.__name__:
            continue
        try:
            found.append(row_of(element, kind))
        except RowUnread as problem:
            name = element.get("symbol") or element.get("description") or "without a symbol"
            problems.append(f"a {element.tag} row of a Flex statement ({name}): {problem}")
    return tuple(found), tuple(problems)


def row_of(element: Element, kind: type[Row]) -> Row:
    """One row."""
    types = _types_of(kind.__name__)
    known = {name: text for name, text in element.attrib.items() if name in types}
    for name, text in known.items():
        if "date" in types[name] and "/" in text:
            raise RowUnread(
                f"{name}={text!r} may mean two days; set the date format of the query to yyyyMMdd"
            )
        if "datetime.datetime" in types[name] and _OFFSET.search(text):
            raise RowUnread(f"{name}={text!r} has an offset; Flex times are New York's")
        if "Decimal" in types[name] and "," in text and not _THOUSANDS.fullmatch(text):
            raise RowUnread(f"{name}={text!r} has a comma that parts no thousands")
    try:
        row = parse_data_element(Element(element.tag, known))
    except FlexParserError as error:
        raise RowUnread(str(error)) from None
    assert isinstance(row, kind), element.tag
    return row


@cache
def _types_of(name: str) -> dict[str, str]:
    kind = getattr(Types, name)
    return {name: str(each) for name, each in kind.__annotations__.items()}


def told(value: Decimal | None) -> Decimal | None:
    """A number; None for what is none."""
    return value if value is not None and value.is_finite() else None


def sum_of(values: Sequence[Decimal | None]) -> Decimal:
    """What is told of these, together."""
    total = ZERO
    for value in values:
        total = add(total, told(value) or ZERO)
    return total


def cost_of(*paid: Decimal | None) -> Decimal:
    """A fee: IBKR has what it takes as a negative amount."""
    total = sum_of(paid)
    return negate(total) if total else ZERO


def span_of(moment: datetime | None, day: date | None, clock: time | None = None) -> Span | None:
    """From when and until when something can have been; a day alone is New York's whole day."""
    if moment is None and day is not None and clock is not None:
        moment = datetime.combine(day, clock)
    if moment is not None and moment.time() != time():
        at = moment.replace(tzinfo=NEW_YORK).astimezone(UTC)
        return at, at
    day = moment.date() if moment is not None else day
    if day is None:
        return None
    first = datetime.combine(day, time(), NEW_YORK).astimezone(UTC)
    return first, day_end(day)
