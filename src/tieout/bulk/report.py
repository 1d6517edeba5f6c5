"""The statement as JSON, and the breaks as a CSV, Parquet or HTML file.

CSV and Parquet have one row for each field that breaks. Parquet keeps every text as it is; in
CSV and HTML a text that a spreadsheet would run as a formula gets an apostrophe before it.
"""

import csv
import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any, Literal, TextIO, get_args

from tieout.bulk.comparison import Break
from tieout.bulk.faults import FileFault
from tieout.bulk.report_html import write_html
from tieout.bulk.report_lines import harmless, headings, lines
from tieout.bulk.statement import Statement

ReportFormat = Literal["csv", "parquet", "html"]

ROWS_PER_BATCH = 16_384
encoded = json.JSONEncoder(ensure_ascii=False).encode


def write_json(statement: Statement, text: TextIO) -> None:
    """The statement as one JSON object on one line, breaks in the order of their keys."""
    head = {"ours": statement.ours, "theirs": statement.theirs, "matched": statement.matched}
    text.write(encoded(head)[:-1] + ', "breaks": [')
    for count, found in enumerate(statement.breaks()):
        text.write(", " if count else "")
        text.write(encoded(as_json(found)))
    text.write(f'], "counts": {encoded(dict(statement.counts))}}}\n')


def as_json(found: Break) -> Mapping[str, Any]:
    """A break with its keys in the order of the format."""
    fields = {
        name: {"ours": each.ours, "theirs": each.theirs, "difference": each.difference}
        for name, each in found.fields.items()
    }
    return {"key": dict(found.key), "kind": found.kind, "fields": fields}


def report_format(path: Path) -> ReportFormat:
    """The format of a report by its extension; refused before any work is done."""
    formats = get_args(ReportFormat)
    for name in formats:
        if path.suffix.lower() == f".{name}":
            return name  # type: ignore[no-any-return]
    allowed = ", ".join(f".{name}" for name in formats)
    raise FileFault(f"--out: the extension tells the format; allowed are {allowed}", file=str(path))


def write_report(statement: Statement, path: Path) -> None:
    """Write the breaks to a file, whole or not at all."""
    writers: dict[ReportFormat, Callable[[Statement, Path], None]] = {
        "csv": write_csv,
        "parquet": write_parquet,
        "html": write_html,
    }
    write = writers[report_format(path)]
    if write is write_parquet:
        _require_arrow(path)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        write(statement, unfinished)
        unfinished.replace(path)
    except OSError as error:
        raise FileFault(f"cannot be written: {error.strerror or error}", file=str(path)) from error
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)


def _require_arrow(path: Path) -> None:
    try:
        import pyarrow.parquet  # noqa: F401 - whether it is there
    except ImportError as error:
        advice = "writing Parquet needs pyarrow: pip install 'tieout[parquet]'"
        raise FileFault(f"--out: {advice}", file=str(path)) from error


def write_csv(statement: Statement, path: Path) -> None:
    """The breaks as CSV; an empty cell is not reported."""
    with path.open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([harmless(name) for name in headings(statement)])
        writer.writerows([harmless(cell) for cell in line] for line in lines(statement))


def write_parquet(statement: Statement, path: Path) -> None:
    """The breaks as Parquet, all columns text: a decimal type would limit the digits."""
    import pyarrow as arrow
    import pyarrow.parquet as parquet

    schema = arrow.schema([(name, arrow.string()) for name in headings(statement)])
    rest = lines(statement)
    with parquet.ParquetWriter(path, schema) as writer:
        while batch := list(islice(rest, ROWS_PER_BATCH)):
            columns = [arrow.array(cells, arrow.string()) for cells in zip(*batch, strict=True)]
            writer.write_table(arrow.table(columns, schema=schema))
