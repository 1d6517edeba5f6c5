"""One position file as rows of text, whatever its format; a side is a sheet under our names."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from tieout.bulk.exact import NUMBER
from tieout.bulk.faults import FileFault
from tieout.bulk.sources import Source

ROWS_PER_REPORT = 100_000

Row = tuple[int, tuple[str, ...]]  # where it begins, one text per column asked for
Progress = Callable[[str, int], None]


@dataclass(slots=True)
class Tally:
    """How many cells of a column hold something, and how many of those a number."""

    filled: int = 0
    numbers: int = 0

    def count(self, cell: str) -> None:
        """Take one more cell into account."""
        if cell:
            self.filled += 1
            self.numbers += NUMBER.fullmatch(cell) is not None


class Sheet(Protocol):
    """One file. Reading raises `FileFault` with the place; it can be read again."""

    source: Source
    unit: str
    """What a row's place is called: line or row."""
    head: str
    """Where the names of the columns are."""

    @property
    def columns(self) -> tuple[str, ...] | None:
        """The file's columns in its order; None where no row tells them."""

    def rows(self, columns: Sequence[str]) -> Iterator[Row]:
        """The cells of these columns, row by row; "" is not reported."""

    def tally(self, columns: Sequence[str]) -> dict[str, Tally]:
        """What these columns hold, over all rows."""


def tally_rows(rows: Iterable[Row], columns: Sequence[str]) -> dict[str, Tally]:
    """Count what the columns hold."""
    tallies = [Tally() for _ in columns]
    for _, cells in rows:
        for tally, cell in zip(tallies, cells, strict=True):
            tally.count(cell)
    return dict(zip(columns, tallies, strict=True))


def require_distinct(columns: Sequence[str], *, source: Source, place: str) -> None:
    """Refuse a file in which one name stands for two columns; unnamed columns are not used."""
    seen: set[str] = set()
    for column in columns:
        if column and column in seen:
            raise FileFault(
                "there are two columns of this name; each name may appear once",
                file=source.name,
                place=place,
                column=column,
            )
        seen.add(column)


class Side:
    """A sheet whose columns go by our names; faults still name the column as the file does."""

    def __init__(
        self,
        sheet: Sheet,
        *,
        names: Mapping[str, str] | None = None,
        progress: Progress = lambda _name, _rows: None,
    ) -> None:
        """`names` maps the file's names to ours."""
        self.sheet = sheet
        self.source = sheet.source
        self.name = sheet.source.name
        self.progress = progress
        self.names = dict(names or {})
        self.own_names = {ours: theirs for theirs, ours in self.names.items()}

    @property
    def columns(self) -> tuple[str, ...] | None:
        """The columns under our names; None where the file has no row that tells them."""
        columns = self.sheet.columns
        if columns is None:
            return None
        return tuple(self.names.get(column, column) for column in columns)

    def own_name(self, column: str) -> str:
        """What the file itself calls one of our columns."""
        return self.own_names.get(column, column)

    def rows(self, columns: Sequence[str]) -> Iterator[Row]:
        """The rows, telling now and then how far the reading is."""
        rows = self.sheet.rows([self.own_name(column) for column in columns])
        for count, row in enumerate(rows, start=1):
            if count % ROWS_PER_REPORT == 0:
                self.progress(self.name, count)
            yield row

    def tally(self, columns: Sequence[str]) -> dict[str, Tally]:
        """What these columns hold, over all rows."""
        tallies = self.sheet.tally([self.own_name(column) for column in columns])
        return {column: tallies[self.own_name(column)] for column in columns}

    def fault(self, message: str, *, at: int, columns: Sequence[str]) -> FileFault:
        """What is wrong with one row of this file."""
        return FileFault(
            message,
            file=self.name,
            place=f"{self.sheet.unit} {at}",
            column=",".join(self.own_name(column) for column in columns),
        )
