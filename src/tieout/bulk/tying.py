"""From two file names to a statement: open, choose the columns, choose the engine, compare."""

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO, Literal, assert_never, get_args

from tieout.bulk import plain
from tieout.bulk.columns import Asked, choose_terms
from tieout.bulk.csv_sheet import CsvSheet
from tieout.bulk.duck import DuckEngine
from tieout.bulk.faults import Doubt, FileFault
from tieout.bulk.json_sheet import JsonSheet
from tieout.bulk.parquet_sheet import ParquetSheet
from tieout.bulk.sheet import Progress, Sheet, Side
from tieout.bulk.sources import STDIN, Source, formats_of, open_source
from tieout.bulk.statement import Statement, statement_of

Engine = Literal["auto", "duckdb", "plain"]
ENGINES: tuple[Engine, ...] = get_args(Engine)

BYTES_FOR_DUCKDB = 4 * 1024 * 1024
"""Below this, starting DuckDB takes longer than reading the files plainly."""


def tie_out_files(
    ours: str,
    theirs: str,
    *,
    key: Sequence[str] | None = None,
    fields: Sequence[str] | None = None,
    tolerance: Mapping[str, str | Decimal] | None = None,
    names: Mapping[str, str] | None = None,
    file_format: str | None = None,
    ours_format: str | None = None,
    theirs_format: str | None = None,
    engine: str = "auto",
    stdin: BinaryIO | None = None,
    progress: Progress = lambda _name, _rows: None,
) -> Statement:
    """Tie out two position files. `names` maps their column names to ours; "-" reads stdin.

    Raises `FileFault`, with file, line and column, for what cannot be compared. Default fields
    are the columns of both files that hold numbers: quantity, average_price, price and cash by
    their name, any other where most of its filled cells are numbers in both files; one cell of
    such a column that is no number is a fault. The DuckDB engine leaves to the plain one
    what it cannot promise to read alike, and every fault.
    """
    if engine not in ENGINES:
        raise FileFault(f"--engine {engine!r}: allowed are {', '.join(ENGINES)}")
    if ours == STDIN and theirs == STDIN:
        raise FileFault("only one of the two files can be stdin (-)")
    formats = formats_of(
        ours, theirs, both=file_format, ours_asked=ours_format, theirs_asked=theirs_format
    )
    with tempfile.TemporaryDirectory(prefix="tieout-") as made:
        folder = Path(made)
        sources = [
            open_source(name, file_format=each, folder=folder, stdin=stdin)
            for name, each in zip((ours, theirs), formats, strict=True)
        ]
        book = Side(sheet_of(sources[0]), progress=progress)
        broker = Side(sheet_of(sources[1]), names=names, progress=progress)
        asked = Asked(key=key, fields=fields, tolerance=tolerance or {})
        if not is_for_duckdb(engine, sources):
            return tie_out_plainly(book, broker, asked)
        return tie_out_in_duckdb(book, broker, asked, folder=folder)


def tie_out_plainly(ours: Side, theirs: Side, asked: Asked) -> Statement:
    """Compare in Python alone."""
    terms = choose_terms(ours, theirs, asked)
    outcome = plain.tie_out(ours, theirs, terms=terms)
    return statement_of(outcome, ours=ours, theirs=theirs, terms=terms)


def tie_out_in_duckdb(ours: Side, theirs: Side, asked: Asked, *, folder: Path) -> Statement:
    """Compare in DuckDB, or plainly where DuckDB is not certain."""
    with closing(DuckEngine(folder)) as engine:
        try:
            terms = choose_terms(ours, theirs, asked, count=engine.count)
            outcome = engine.tie_out(ours, theirs, terms=terms)
            return statement_of(outcome, ours=ours, theirs=theirs, terms=terms)
        except Doubt:
            pass
    return tie_out_plainly(ours, theirs, asked)


def sheet_of(source: Source) -> Sheet:
    """A source as rows of text."""
    match source.format:
        case "csv":
            return CsvSheet(source)
        case "json" | "jsonl":
            return JsonSheet(source)
        case "parquet":
            return ParquetSheet(source)
        case _:
            assert_never(source.format)


def is_for_duckdb(engine: str, sources: Sequence[Source]) -> bool:
    """Whether DuckDB does it: asked for, or installed, able to read both files and worth it."""
    is_installed = find_spec("duckdb") is not None
    if engine == "duckdb" and not is_installed:
        raise FileFault("--engine duckdb needs DuckDB: pip install 'tieout[bulk]'")
    if engine != "auto":
        return engine == "duckdb"
    is_readable = all(source.format in ("csv", "parquet") for source in sources)
    size_bytes = sum(source.path.stat().st_size for source in sources)
    return is_installed and is_readable and size_bytes >= BYTES_FOR_DUCKDB
