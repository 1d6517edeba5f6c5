"""The file itself: what it holds is told by how it begins, and its rows are read one by one."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Literal

from tieout.bulk.csv_sheet import CsvSheet, not_utf8
from tieout.bulk.exact import shortened
from tieout.bulk.faults import FileFault
from tieout.bulk.json_sheet import RECORD_LENGTH_MAX, Elements, RepeatedName, decode
from tieout.bulk.sources import Source, open_source

Kind = Literal["csv", "json", "lines", "document", "xml"]

DOCUMENT_BYTES_MAX = 256 * 1024 * 1024
"""Of a file that is one JSON object, which is read as a whole; lists and lines are streamed."""

BEGINNING_BYTES = 64 * 1024
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the file. `number` counts from 1, the heading apart; `line` is where it begins."""

    number: int
    line: int | None
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class FillsFile:
    """A file that can be read more than once. `envelope` is what is around its rows, if anything.

    A reply of a venue may hold its fills in a list beside other things: {"fills": [...]}.
    """

    name: str
    path: Path
    kind: Kind

    def fault(self, message: str, *, place: str = "", column: str = "") -> FileFault:
        return FileFault(message, file=self.name, place=place, column=column)

    def rows(self) -> Iterator[Row]:
        """Every object of a JSON file or row of a CSV; the fills of an envelope one by one."""
        match self.kind:
            case "csv":
                yield from self._csv_rows()
            case "json" | "lines" | "document":
                yield from self._json_rows()
            case "xml":
                raise self.fault("is XML, which is read with --venue ibkr-flex only")

    def columns(self) -> tuple[str, ...]:
        """The names in the heading of a CSV file."""
        return CsvSheet(self._source).columns

    def whole(self) -> bytes:
        """The file's content, up to a limit."""
        size = self.path.stat().st_size
        if size > DOCUMENT_BYTES_MAX:
            raise self.fault(f"is larger than {DOCUMENT_BYTES_MAX:,} bytes; split it by time")
        return self.path.read_bytes()

    @property
    def _source(self) -> Source:
        known: Literal["csv", "jsonl", "json"] = "csv" if self.kind == "csv" else "json"
        return Source(name=self.name, path=self.path, format=known)

    def _csv_rows(self) -> Iterator[Row]:
        sheet = CsvSheet(self._source)
        columns = sheet.columns
        for number, (line, cells) in enumerate(sheet.rows(columns), start=1):
            yield Row(number, line, dict(zip(columns, cells, strict=True)))

    def _json_rows(self) -> Iterator[Row]:
        number = 0
        for line, value in self._values():
            for item in unwrapped(value):
                number += 1
                row = Row(number, line if item is value else None, item)
                if not isinstance(item, dict):
                    where = f"line {line}" if row.line else f"row {number}"
                    raise self.fault(f"{_told(item)} where a fill belongs", place=where)
                yield row

    def _values(self) -> Iterator[tuple[int | None, Any]]:
        """The values at the top of a JSON file, each with its line."""
        try:
            with self.path.open(encoding="utf-8-sig", newline="") as text:
                match self.kind:
                    case "json":
                        yield from Elements(text, self._source).each()
                    case "lines":
                        yield from self._lines(text)
                    case _:
                        yield None, self._decoded(self.whole().decode("utf-8-sig"), None)
        except UnicodeDecodeError as error:
            raise not_utf8(self._source) from error

    def _lines(self, text: Any) -> Iterator[tuple[int, Any]]:
        for line, written in enumerate(iter(partial(text.readline, RECORD_LENGTH_MAX), ""), 1):
            if len(written) == RECORD_LENGTH_MAX:
                raise self.fault("the line is too long", place=f"line {line}")
            if written.strip():
                yield line, self._decoded(written.strip(), line)

    def _decoded(self, text: str, line: int | None) -> Any:
        place = f"line {line}" if line else ""
        try:
            value, end = decode(text.strip(), 0)
        except json.JSONDecodeError as error:
            place = place or f"line {error.lineno}"
            raise self.fault(f"is not JSON: {error.msg}", place=place) from None
        except RepeatedName as error:
            message = "the object has this name twice"
            raise self.fault(message, place=place, column=str(error)) from None
        if end != len(text.strip()):
            raise self.fault("there is more after the JSON value", place=place)
        return value


def open_file(name: str, *, stdin: BinaryIO | None, folder: Path) -> FillsFile:
    """Find the file and tell what it holds; stdin is kept in `folder` meanwhile."""
    source = open_source(name, file_format="csv", folder=folder, stdin=stdin)
    if source.path.is_dir():
        raise FileFault("is a folder; give it a file of fills", file=name)
    with source.path.open("rb") as stream:
        beginning = stream.read(BEGINNING_BYTES)
    return FillsFile(name=source.name, path=source.path, kind=kind_of(beginning, source))


def kind_of(beginning: bytes, source: Source) -> Kind:
    """What a file holds, by its first characters.

    >>> kind_of(b' [{"coin": "BTC"}]', Source(name="f", path=Path("f"), format="csv"))
    'json'
    """
    text = beginning.removeprefix(BYTE_ORDER_MARK).lstrip()
    if not text:
        raise FileFault("the file is empty", file=source.name)
    if text.startswith(b"["):
        return "json"
    if text.startswith(b"<"):
        return "xml"
    if text.startswith(b"{"):
        return "lines" if _is_whole(text.partition(b"\n")[0]) else "document"
    return "csv"


def _is_whole(line: bytes) -> bool:
    """Whether a line is a JSON value of its own; one that is longer than we look counts as one."""
    if len(line) >= BEGINNING_BYTES - len(BYTE_ORDER_MARK):
        return True
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def unwrapped(value: Any) -> Iterator[Any]:
    """The fills of a reply that holds them in a list, else the value itself.

    >>> list(unwrapped({"channel": "user", "data": {"fills": [{"coin": "BTC"}]}}))
    [{'coin': 'BTC'}]
    """
    if isinstance(value, dict) and isinstance(value.get("data"), dict):
        value = value["data"]
    if isinstance(value, dict) and isinstance(value.get("fills"), list):
        yield from value["fills"]
    else:
        yield value


def _told(value: Any) -> str:
    if isinstance(value, list):
        return "a list"
    return "null" if value is None else shortened(str(value))
