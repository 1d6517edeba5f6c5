"""Reading the keys of one JSON object: each question notes the fault where the answer is wrong."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TypeVar

from tieout.cases.case import BEFORE_EVERYTHING
from tieout.cases.material import CaseFaults, Fault, Members, Number, member_path, shown
from tieout.core.activity import Ratio
from tieout.core.errors import NumberError
from tieout.core.numbers import ONE, ZERO, exact

Word = TypeVar("Word", bound=str)

COUNT_MAX = 1_000_000
TEXT_CHARACTERS_MAX = 1_000
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]+))?"
    r"(Z|z|[+-][0-9]{2}:[0-9]{2})?"
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass
class Faults:
    """Everything found wrong so far, at most one fault for a place."""

    found: dict[str, Fault] = field(default_factory=dict)

    def add(self, path: str, message: str) -> None:
        self.found.setdefault(path, Fault(path, message))

    def refuse(self) -> None:
        """Raise what was found, if anything was."""
        if self.found:
            raise CaseFaults(list(self.found.values()))


@dataclass(frozen=True)
class Fields:
    """One object of the file. A key that is null counts as left out.

    A required key that is missing or wrong is noted and answered with an empty value, so that
    reading goes on and finds the other faults too.
    """

    members: Members
    path: str
    faults: Faults

    def at(self, key: str) -> str:
        return member_path(self.path, key)

    def fault(self, key: str, message: str) -> None:
        self.faults.add(self.at(key), message)

    def has(self, key: str) -> bool:
        return self.members.get(key) is not None

    def need(self, key: str, what: str) -> None:
        """Note that a key is missing, with what it would be."""
        if not self.has(key):
            self.fault(key, f"missing: {what}")

    def text(self, key: str) -> str | None:
        value = self.members.get(key)
        if value is None:
            return None
        if not isinstance(value, str) or isinstance(value, Number):
            self._wrong(key, "must be a text")
            return None
        if not value.strip():
            self._wrong(key, "must not be empty")
            return None
        if len(value) > TEXT_CHARACTERS_MAX or not value.isprintable():
            self._wrong(key, "must be one line of printable text")
            return None
        return value

    def required_text(self, key: str, what: str) -> str:
        self.need(key, what)
        return self.text(key) or ""

    def word(self, key: str, allowed: Sequence[Word]) -> Word | None:
        value = self.members.get(key)
        if value is None:
            return None
        for word in allowed:
            if value == word and not isinstance(value, Number):
                return word
        self._wrong(key, f"must be one of {', '.join(allowed)}")
        return None

    def flag(self, key: str) -> bool | None:
        value = self.members.get(key)
        if value is None or isinstance(value, bool):
            return value
        self._wrong(key, "must be true or false")
        return None

    def number(self, key: str) -> Decimal | None:
        value = self.members.get(key)
        if value is None:
            return None
        number = number_of(value)
        if number is None:
            self._wrong(key, "must be a finite number")
        return number

    def required_number(self, key: str, what: str) -> Decimal:
        self.need(key, what)
        number = self.number(key)
        return ZERO if number is None else number

    def positive(self, key: str) -> Decimal | None:
        number = self.number(key)
        if number is not None and number <= ZERO:
            self._wrong(key, "must be more than 0")
            return None
        return number

    def not_negative(self, key: str) -> Decimal | None:
        number = self.number(key)
        if number is not None and number < ZERO:
            self._wrong(key, "must not be negative")
            return None
        return number

    def count(self, key: str, *, at_least: int) -> int | None:
        number = self.number(key)
        if number is None:
            return None
        if not at_least <= number <= COUNT_MAX or number != int(number):
            self._wrong(key, f"must be a whole number, at least {at_least}")
            return None
        return int(number)

    def ratio(self, key: str) -> Ratio | None:
        value = self.members.get(key)
        if value is None:
            return None
        ratio = ratio_of(value)
        if ratio is None:
            self._wrong(key, 'must be a ratio of new to old such as "4" or "1/10"')
            return None
        if ratio.new <= ZERO or ratio.old <= ZERO:
            self._wrong(key, "must be more than 0")
            return None
        return ratio

    def moment(self, key: str) -> datetime | None:
        value = self.members.get(key)
        if value is None:
            return None
        found = _MOMENT.fullmatch(value) if isinstance(value, str) else None
        if found and found[4] is None:
            self._wrong(key, "needs a time zone (Z, or an offset such as -05:00)")
            return None
        moment = _moment_of(found) if found else None
        if moment is None:
            self._wrong(key, "must be a time such as 2026-11-20T15:00:00Z")
            return None
        return moment

    def required_moment(self, key: str, what: str) -> datetime:
        self.need(key, what)
        return self.moment(key) or BEFORE_EVERYTHING

    def day(self, key: str) -> date | None:
        value = self.members.get(key)
        if value is None:
            return None
        try:
            if isinstance(value, str) and _DAY.fullmatch(value):
                return date.fromisoformat(value)
        except ValueError:
            pass
        self._wrong(key, "must be a date such as 2026-12-18")
        return None

    def items(self, key: str) -> Iterator[tuple[str, object]]:
        """The items of a list, each with its path."""
        value = self.members.get(key)
        if value is None:
            return
        if not isinstance(value, list):
            self._wrong(key, "must be a list")
            return
        for place, item in enumerate(value):
            yield f"{self.at(key)}[{place}]", item

    def texts(self, key: str) -> tuple[str, ...]:
        """The items of a list of texts."""
        result = []
        for path, item in self.items(key):
            if isinstance(item, str) and not isinstance(item, Number) and item.strip():
                result.append(item)
            else:
                self.faults.add(path, f"must be a text, not {shown(item)}")
        return tuple(result)

    def object(self, key: str, allowed: Sequence[str]) -> "Fields | None":
        """The object under a key, its unknown keys noted."""
        value = self.members.get(key)
        return None if value is None else fields_of(value, self.at(key), allowed, self.faults)

    def _wrong(self, key: str, message: str) -> None:
        self.fault(key, f"{message}, not {shown(self.members.get(key))}")


def fields_of(value: object, path: str, allowed: Sequence[str], faults: Faults) -> Fields:
    """An object of the file, its unknown and repeated keys noted."""
    if not isinstance(value, Members):
        faults.add(path, f"must be an object, not {shown(value)}")
        return Fields(Members(), path, faults)
    for key in value:
        if key not in allowed:
            faults.add(
                member_path(path, key), f"unknown key {key}; allowed are {', '.join(allowed)}"
            )
    for key in value.repeated:
        faults.add(member_path(path, key), f"the key {key} is given more than once")
    return Fields(value, path, faults)


def number_of(value: object) -> Decimal | None:
    """The exact number that a text or number literal stands for, None if it is none."""
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        return None
    try:
        return exact(str(value))
    except NumberError:
        return None


def ratio_of(value: object) -> Ratio | None:
    """A ratio written as new per old: "4" is four for one, "1/10" one for ten."""
    new, slash, old = value.partition("/") if isinstance(value, str) else ("", "", "")
    first, second = number_of(new.strip()), number_of(old.strip()) if slash else ONE
    return None if first is None or second is None else Ratio(new=first, old=second)


def _moment_of(found: re.Match[str]) -> datetime | None:
    """A time in UTC. What is finer than a microsecond is cut."""
    day, clock, fraction, zone = found.groups()
    text = f"{day}T{clock}.{(fraction or '0')[:6]:0<6}{'Z' if zone in 'zZ' else zone}"
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
