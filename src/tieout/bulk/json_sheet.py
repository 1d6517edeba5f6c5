"""JSON: a list of objects, or one object a line. A number literal is kept as it is written."""

import json
import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, NoReturn, TextIO

from tieout.bulk.csv_sheet import not_utf8
from tieout.bulk.exact import shortened
from tieout.bulk.faults import FileFault
from tieout.bulk.sheet import Row, Tally
from tieout.bulk.sources import Source

PIECE_LENGTH = 1024 * 1024
RECORD_LENGTH_MAX = 16 * 1024 * 1024
"""Characters in one object, so that a file with no end of one is not read into memory."""

BLANK = re.compile(r"[ \t\n\r]*")
HALF_A_CHARACTER = re.compile("[\ud800-\udfff]")


class RepeatedName(ValueError):
    """One object has two values under one name."""


def named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, refused if it has a name twice: which of the two would be meant?"""
    record = dict(pairs)
    if len(record) != len(pairs):
        names = [name for name, _ in pairs]
        raise RepeatedName(next(name for name in names if names.count(name) > 1))
    return record


# Texts all the way: 1.50 stays "1.50", and NaN is a text that is no number.
DECODER = json.JSONDecoder(
    object_pairs_hook=named_once, parse_float=str, parse_int=str, parse_constant=str
)


class JsonSheet:
    """A JSON list or JSON lines. A name that an object lacks is not reported there."""

    unit = "line"
    head = "line 1"

    def __init__(self, source: Source) -> None:
        self.source = source
        self._columns: tuple[str, ...] | None = None
        self._is_surveyed = False

    @property
    def columns(self) -> tuple[str, ...] | None:
        if not self._is_surveyed:
            names = self._names_of_all()
            self._columns = None if names is None else tuple(name for name in names if name)
            self._is_surveyed = True
        return self._columns

    def rows(self, columns: Sequence[str]) -> Iterator[Row]:
        for line, record in self._records():
            yield line, tuple([self._cell(line, name, record.get(name)) for name in columns])

    def tally(self, columns: Sequence[str]) -> dict[str, Tally]:
        tallies = {name: Tally() for name in columns}
        for _, record in self._records():
            for name, tally in tallies.items():
                tally.count(counted(record.get(name)))
        return tallies

    def _names_of_all(self) -> dict[str, None] | None:
        """All names any object has, in the order they come up; None without an object."""
        names: dict[str, None] | None = None
        for _, record in self._records():
            if names is None:
                names = {}
            if not names.keys() >= record.keys():
                names.update(dict.fromkeys(record))
        return names

    def _records(self) -> Iterator[tuple[int, dict[str, Any]]]:
        newline = "\n" if self.source.format == "jsonl" else ""
        with self.source.path.open(encoding="utf-8-sig", newline=newline) as text:
            try:
                found = self._lines(text) if newline else Elements(text, self.source).each()
                for line, record in found:
                    yield line, self._object(line, record)
            except UnicodeDecodeError as error:
                raise not_utf8(self.source) from error

    def _lines(self, text: TextIO) -> Iterator[tuple[int, Any]]:
        lines = iter(partial(text.readline, RECORD_LENGTH_MAX), "")
        for number, line in enumerate(lines, start=1):
            if len(line) == RECORD_LENGTH_MAX:
                raise fault(self.source, number, too_long())
            written = line.strip(" \t\r\n")
            if written:
                yield number, self._only(number, written, line.index(written[0]))

    def _only(self, number: int, written: str, indent: int) -> Any:
        """The one value of a line."""
        try:
            value, end = decode(written, 0)
        except json.JSONDecodeError as error:
            message = f"is not JSON at character {indent + error.pos + 1}: {error.msg}"
            raise fault(self.source, number, message) from error
        except RepeatedName as error:
            raise repeated(self.source, number, error) from error
        if end != len(written):
            message = f"has more after the object, at character {indent + end + 1}"
            raise fault(self.source, number, f"{message}; JSON lines have one object a line")
        return value

    def _object(self, line: int, record: Any) -> dict[str, Any]:
        if isinstance(record, dict):
            return record
        what = "a list" if isinstance(record, list) else shortened(str(record))
        message = f'{what} where an object such as {{"symbol": ..., "quantity": ...}} belongs'
        raise fault(self.source, line, message)

    def _cell(self, line: int, name: str, value: Any) -> str:
        if type(value) is str:
            if value.isascii() or not HALF_A_CHARACTER.search(value):
                return value
            raise fault(self.source, line, "half a character (a lone surrogate)", column=name)
        if value is None:
            return ""
        message = f"{described(value)} where a text, a number or null belongs"
        raise fault(self.source, line, message, column=name)


class Elements:
    """The elements of one JSON list, read piece by piece so that a long list fits."""

    def __init__(self, text: TextIO, source: Source) -> None:
        self.text = text
        self.source = source
        self.pending = ""
        self.at = 0
        self.line = 1
        self.line_begins = 0  # counted from the start of `pending`; negative once it is gone

    def each(self) -> Iterator[tuple[int, Any]]:
        """Every element with the line it begins on."""
        if self._next() != "[":
            hint = "expected a list of objects, [{...}, ...]; for one object a line say jsonl"
            self._refuse(hint, at=self.at)
        self._advance(self.at + 1)
        if self._next() != "]":
            yield self.line, self._element()
            while self._next() == ",":
                self._advance(self.at + 1)
                self._next()
                yield self.line, self._element()
        if self._next() != "]":
            self._refuse("the list is not closed: expected , or ]", at=self.at)
        self._advance(self.at + 1)
        if self._next():
            self._refuse("there is more after the list", at=self.at)

    def _element(self) -> Any:
        while True:
            try:
                value, end = decode(self.pending, self.at)
            except json.JSONDecodeError as error:
                # Perhaps it only goes on in the next piece.
                if not self._more():
                    self._refuse(f"is not JSON: {error.msg}", at=error.pos)
                continue
            except RepeatedName as error:
                raise repeated(self.source, self.line, error) from error
            self._advance(end)
            return value

    def _next(self) -> str:
        """The next character that is not blank, without taking it; nothing at the end."""
        while True:
            blank = BLANK.match(self.pending, self.at)
            assert blank is not None
            self._advance(blank.end())
            if self.at < len(self.pending):
                return self.pending[self.at]
            if not self._more():
                return ""

    def _advance(self, to: int) -> None:
        ends = self.pending.count("\n", self.at, to)
        if ends:
            self.line += ends
            self.line_begins = self.pending.rfind("\n", self.at, to) + 1
        self.at = to

    def _more(self) -> bool:
        """Read on; what was taken is let go. False at the end of the file."""
        left = len(self.pending) - self.at
        if left > RECORD_LENGTH_MAX:
            raise fault(self.source, self.line, too_long())
        piece = self.text.read(max(PIECE_LENGTH, left))
        if not piece:
            return False
        self.pending = self.pending[self.at :] + piece
        self.line_begins -= self.at
        self.at = 0
        return True

    def _refuse(self, message: str, *, at: int) -> NoReturn:
        self._advance(at)
        character = self.at - self.line_begins + 1
        raise fault(self.source, self.line, f"at character {character}: {message}")


def counted(value: Any) -> str:
    """A value as the tally sees it: what is neither text nor number counts as a word."""
    if value is None:
        return ""
    return value if isinstance(value, str) else "?"


def described(value: Any) -> str:
    """What a value is, for a message."""
    match value:
        case dict():
            return "an object"
        case list():
            return "a list"
        case bool() | None:
            return {True: "true", False: "false", None: "null"}[value]
        case _:
            return shortened(str(value))


def decode(text: str, at: int) -> tuple[Any, int]:
    """One JSON value and where it ends."""
    try:
        return DECODER.raw_decode(text, at)
    except RecursionError as error:
        raise json.JSONDecodeError("it is nested too deeply", text, at) from error


def fault(source: Source, line: int, message: str, *, column: str = "") -> FileFault:
    """What is wrong on one line of a JSON file."""
    return FileFault(message, file=source.name, place=f"line {line}", column=column)


def repeated(source: Source, line: int, error: RepeatedName) -> FileFault:
    """An object that has one name twice."""
    return fault(source, line, "the object has this name twice", column=str(error))


def too_long() -> str:
    """Why an object without an end is not read."""
    return f"an object is longer than {RECORD_LENGTH_MAX:,} characters"
