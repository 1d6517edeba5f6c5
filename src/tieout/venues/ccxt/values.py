"""Texts, numbers and times as ccxt's structures have them."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from tieout.core.errors import NumberError
from tieout.core.numbers import exact, is_unreadable, plain
from tieout.venues.moments import moment_of

Row = Mapping[str, Any]


def number(value: object) -> Decimal | None:
    """The number a field stands for; None where it is not reported or no number."""
    if value is None or isinstance(value, float) or value == "":
        return None
    try:
        return exact(value)
    except NumberError:
        return None


def text(value: object) -> str | None:
    """The same as a text in plain notation; what is no number as it is written."""
    found = number(value)
    if found is not None:
        return plain(found)
    written = str(value) if isinstance(value, str | Decimal | bool | list | dict) else None
    return written if is_unreadable(written) else None


def word(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def moment(milliseconds: object) -> datetime | None:
    """A time of ccxt's in UTC."""
    if not isinstance(milliseconds, int) or isinstance(milliseconds, bool):
        return None
    try:
        return moment_of(milliseconds)
    except OverflowError:
        return None


def told_numbers(value: object) -> Iterator[Decimal]:
    """Every number in a raw row, without its sign."""
    if isinstance(value, Mapping):
        for each in value.values():
            yield from told_numbers(each)
    elif isinstance(value, list):
        for each in value:
            yield from told_numbers(each)
    else:
        found = number(value) if not isinstance(value, bool) else None
        if found is not None:
            yield found.copy_abs()
