"""CSV: a header line, commas, quotes as RFC 4180 has them, UTF-8 with or without a BOM."""

import csv
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import TextIO

from tieout.bulk.faults import FileFault
from tieout.bulk.sheet import Row, Tally, require_distinct, tally_rows
from tieout.bulk.sources import Source

CELL_LENGTH_MAX = 16 * 1024 * 1024
"""Characters in one cell: an unclosed quote must not read a whole file into memory."""

PIECE_BYTES = 1024 * 1024
OTHER_MARKS = ";\t|"


class CsvSheet:
    """A CSV file. Blank lines are passed over; cells beyond the header are allowed if empty."""

    unit = "line"
    head = "line 1"

    def __init__(self, source: Source) -> None:
        self.source = source
        require_text(source)
        first = next(self._records(), None)
        if first is None:
            raise self._fault(
                1, "the file is empty; it needs a header such as account,symbol,quantity"
            )
        line, header = first
        self.header = tuple(name.strip() for name in header)
        self._require_commas(line)
        require_distinct(self.header, source=source, place=f"line {line}")

    def _require_commas(self, line: int) -> None:
        """Spreadsheets of many countries part cells by semicolons, and write decimal commas."""
        marks = [mark for mark in OTHER_MARKS if mark in self.header[0]]
        if len(self.header) == 1 and marks:
            raise self._fault(
                line,
                f"the cells are parted by {marks[0]!r}; save the file with commas between them, "
                "and points in its numbers",
            )

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(name for name in self.header if name)

    def rows(self, columns: Sequence[str]) -> Iterator[Row]:
        pick = cells_at([self.header.index(column) for column in columns])
        width = len(self.header)
        for line, cells in islice(self._records(), 1, None):
            if len(cells) != width:
                self._require_fitting(line, cells)
            yield line, pick(cells)

    def tally(self, columns: Sequence[str]) -> dict[str, Tally]:
        return tally_rows(self.rows(columns), columns)

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        """Every record with the line it begins on; a quoted cell may span lines."""
        with self.source.path.open(encoding="utf-8-sig", newline="") as text:
            try:
                yield from self._numbered(text)
            except UnicodeDecodeError as error:
                raise not_utf8(self.source) from error

    def _numbered(self, text: TextIO) -> Iterator[tuple[int, list[str]]]:
        csv.field_size_limit(CELL_LENGTH_MAX)
        reader = csv.reader(text, strict=True)
        begins = 1
        try:
            for cells in reader:
                if cells:
                    yield begins, cells
                begins = reader.line_num + 1
        except csv.Error as error:
            raise self._fault(begins, f"is not well-formed CSV: {error}") from error

    def _require_fitting(self, line: int, cells: Sequence[str]) -> None:
        width = len(self.header)
        if len(cells) >= width and not any(cells[width:]):
            return
        is_short = len(cells) < width
        raise self._fault(
            line,
            f"{len(cells)} cells where the header has {width}; "
            "quote a cell that holds a comma, and leave an unknown one empty",
            column=(self.header[len(cells)] if is_short else "") or str(min(len(cells), width) + 1),
        )

    def _fault(self, line: int, message: str, *, column: str = "") -> FileFault:
        return FileFault(message, file=self.source.name, place=f"line {line}", column=column)


def cells_at(positions: Sequence[int]) -> Callable[[Sequence[str]], tuple[str, ...]]:
    """A picker of some cells, always as a tuple; `itemgetter` alone returns one cell bare."""
    if len(positions) > 1:
        return itemgetter(*positions)
    return lambda cells: tuple(cells[at] for at in positions)


def require_text(source: Source) -> None:
    """Refuse a file with zero bytes: a part of it was never written, or it is no UTF-8."""
    line, begins, at, last = 1, 0, 0, b""
    with source.path.open("rb") as raw:
        while piece := raw.read(PIECE_BYTES):
            found = piece.find(b"\0")
            before = piece if found < 0 else piece[:found]
            line += line_ends(before) - (last == b"\r" and before[:1] == b"\n")
            end = max(before.rfind(b"\r"), before.rfind(b"\n"))
            begins = begins if end < 0 else at + end + 1
            if found >= 0:
                raise FileFault(
                    f"byte {at + found - begins + 1} of the line is 0, which no text has; save "
                    "the file anew, as UTF-8",
                    file=source.name,
                    place=f"line {line}",
                )
            last = piece[-1:]
            at += len(piece)


def not_utf8(source: Source) -> FileFault:
    """Where a file stops being UTF-8."""
    line, byte = first_undecodable(source.path)
    return FileFault(
        f"byte {byte} of the line is not UTF-8; save the file as UTF-8",
        file=source.name,
        place=f"line {line}",
    )


def first_undecodable(path: Path) -> tuple[int, int]:
    """Line and byte, both from 1, of the first byte that is not UTF-8."""
    line = 1
    with path.open("rb") as raw:
        for text in raw:
            try:
                text.decode()
            except UnicodeDecodeError as error:
                before = text[: error.start]
                begins = max(before.rfind(b"\r"), before.rfind(b"\n")) + 1
                return line + line_ends(before), error.start - begins + 1
            line += line_ends(text)
    return line, 1


def line_ends(text: bytes) -> int:
    """How many lines end in a text, with any of the three line ends."""
    return text.count(b"\n") + text.count(b"\r") - text.count(b"\r\n")
