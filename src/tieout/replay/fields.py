"""The fields of one row of a venue's export; what is wrong is named with row and column."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NoReturn, TypeVar

from tieout.bulk.exact import shortened
from tieout.core.errors import NumberError
from tieout.core.numbers import exact
from tieout.replay.files import FillsFile, Row

Meaning = TypeVar("Meaning")

NUMBER_ALLOWED = "give a plain number such as -1234.50"


class Fields:
    """One row as it is read; a field that is absent, null or empty is not reported."""

    __slots__ = ("file", "row")

    def __init__(self, file: FillsFile, row: Row) -> None:
        self.file = file
        self.row = row

    def text(self, name: str) -> str | None:
        """The text of a field, without the blanks around it."""
        value = self.row.values.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            self.refuse(name, f"{told(value)} where a text or number belongs")
        return value.strip() or None

    def needed(self, name: str) -> str:
        """A text that has to be there."""
        found = self.text(name)
        if found is None:
            self.refuse(name, "is missing or empty; every fill has one")
        return found

    def number(self, name: str) -> Decimal | None:
        """A number, exactly as it is written."""
        found = self.text(name)
        if found is None:
            return None
        try:
            return exact(found)
        except NumberError:
            self.refuse(name, f"{shortened(found)} is not a number; {NUMBER_ALLOWED}")

    def needed_number(self, name: str) -> Decimal:
        """A number that has to be there."""
        found = self.number(name)
        if found is None:
            self.refuse(name, f"is missing or empty; {NUMBER_ALLOWED}")
        return found

    def size(self, name: str) -> Decimal:
        """A number above 0."""
        found = self.needed_number(name)
        if found <= 0:
            self.refuse(name, f"{shortened(str(found))} is not above 0; the side tells the sign")
        return found

    def word(self, name: str, meanings: Mapping[str, Meaning]) -> Meaning:
        """What one of the words that are allowed means."""
        found = self.needed(name)
        if found not in meanings:
            allowed = ", ".join(meanings)
            self.refuse(name, f"{shortened(found)} is not one of {allowed}")
        return meanings[found]

    def flag(self, name: str) -> bool:
        """A yes or no; what is not reported is no."""
        value = self.row.values.get(name)
        if value is not None and not isinstance(value, bool):
            self.refuse(name, f"{told(value)} is not true or false")
        return bool(value)

    def moment(self, name: str) -> datetime:
        """A time with its zone."""
        found = self.needed(name)
        try:
            at = datetime.fromisoformat(found)
        except ValueError:
            at = None
        if at is None or at.tzinfo is None:
            example = "2026-11-20T15:00:00Z"
            self.refuse(name, f"{shortened(found)} is not a time with a zone such as {example}")
        return at.astimezone(UTC)

    def refuse(self, column: str, message: str) -> NoReturn:
        """Say what is wrong with a field, and stop."""
        raise self.file.fault(message, place=place_of(self.row), column=column)


def place_of(row: Row) -> str:
    """Where a row stands, for somebody who looks for it.

    >>> place_of(Row(2, 3, {})), place_of(Row(2, None, {}))
    ('line 3 (row 2)', 'row 2')
    """
    return f"row {row.number}" if row.line is None else f"line {row.line} (row {row.number})"


def told(value: Any) -> str:
    """What a JSON value is, in words."""
    names = {dict: "an object", list: "a list", bool: str(value).lower()}
    return names.get(type(value), shortened(str(value)))
