"""A paper as rows of text, under our names for its columns, by the reader that `diff` has."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from tieout.bulk.columns import missing_column
from tieout.bulk.faults import FileFault
from tieout.bulk.parquet_sheet import ParquetSheet
from tieout.bulk.sheet import Side
from tieout.bulk.sources import EXTENSIONS, Source
from tieout.bulk.tying import sheet_of
from tieout.venues.file.disk import Paper

BY_LINES = ("csv", "jsonl")


def side_of(paper: Paper, *, folder: Path, names: Mapping[str, str]) -> Side:
    """The rows of a paper, of which a copy is kept in `folder`, so that nobody changes them."""
    source = source_of(paper, folder=folder)
    side = Side(sheet_of(source), names=names)
    _require_mapped(side)
    return side


def _require_mapped(side: Side) -> None:
    """Refuse a map that names a column which is not there, or one name twice."""
    columns = side.sheet.columns
    if columns is None:
        return
    for theirs, ours in side.names.items():
        if theirs not in columns or (side.columns or ()).count(ours) > 1:
            what = "is not there" if theirs not in columns else f"would be a second {ours}"
            raise FileFault(
                f"map says {theirs}={ours}, but that column {what}; the file has "
                f"{', '.join(columns)}",
                file=side.name,
                place=side.sheet.head,
                column=theirs,
            )


def source_of(paper: Paper, *, folder: Path) -> Source:
    known = EXTENSIONS.get(paper.path.suffix.lower())
    if not paper.content:
        raise FileFault("the file is empty, without even a line's end", file=paper.name)
    if known is None:
        raise FileFault(
            f"the extension does not tell the format: allowed are {', '.join(EXTENSIONS)}",
            file=paper.name,
        )
    path = folder / f"{paper.digest}{paper.path.suffix}"
    path.write_bytes(paper.content)
    return Source(name=paper.name, path=path, format=known)


def is_cut(paper: Paper) -> bool:
    """Whether a file of lines stops in the middle of one, as far as that can be seen."""
    is_of_lines = EXTENSIONS.get(paper.path.suffix.lower()) in BY_LINES
    return is_of_lines and bool(paper.content) and not paper.content.endswith((b"\n", b"\r"))


def columns_of(side: Side, known: Iterable[str]) -> list[str]:
    """The columns of the file that mean something here."""
    return [name for name in side.columns or () if name in known]


def require(side: Side, needed: Sequence[str], known: Sequence[str]) -> None:
    """Refuse a file that lacks a column it cannot do without."""
    columns = side.columns or ()
    for name in needed:
        if name not in columns:
            if isinstance(side.sheet, ParquetSheet) and side.own_name(name) in side.sheet.types:
                raise missing_column(side, side.own_name(name), why="it is needed")
            raise FileFault(
                f"there is no such column; the file has {', '.join(columns)}, known are "
                f"{', '.join(known)}: name yours with map, such as Ticker=symbol",
                file=side.name,
                place=side.sheet.head,
                column=name,
            )
