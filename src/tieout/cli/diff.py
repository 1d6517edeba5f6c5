"""`tieout diff OURS THEIRS`: two position files compared to the last digit."""

from collections.abc import Callable, Sequence
from io import TextIOWrapper
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tieout.bulk import Statement

TIED_OUT, BREAKS, WRONG = 0, 1, 2
QUIET_S = 2.0
"""Seconds without a word on stderr, at the start and between two reports of progress."""

Ours = Annotated[
    str,
    typer.Argument(
        metavar="OURS",
        help="Our file: .csv, .json, .jsonl, .ndjson, .parquet; - reads stdin.",
    ),
]
Theirs = Annotated[str, typer.Argument(metavar="THEIRS", help="Their file, in any of the formats.")]
Key = Annotated[
    str | None,
    typer.Option(
        help="Columns that tell rows apart, with commas between. Default: account,symbol, "
        "those of the two that both files have."
    ),
]
Fields = Annotated[
    str | None,
    typer.Option(
        help="Columns to compare, with commas between. Default: all numeric ones that both "
        "files have. side, a word, is compared only where it is named here."
    ),
]
Tolerance = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FIELD=VALUE",
        help="How far apart a field may be and still agree; may be repeated. "
        "A quantity of 0 agrees with 0 alone.",
    ),
]
Names = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="THEIR_NAME=OUR_NAME",
        help="A column of their file and what ours calls it; may be repeated.",
    ),
]
FileFormat = Annotated[
    str | None,
    typer.Option(
        "--format",
        help="csv, json, jsonl or parquet, whatever the extensions say. Beside - it is the "
        "format of stdin, and a file with a known extension keeps its own.",
    ),
]
OursFormat = Annotated[str | None, typer.Option(help="The format of OURS alone.")]
TheirsFormat = Annotated[str | None, typer.Option(help="The format of THEIRS alone.")]
AsJson = Annotated[
    bool, typer.Option("--json", help="Write the result as JSON, and nothing else, to stdout.")
]
Out = Annotated[
    Path | None,
    typer.Option(help="Also write the breaks to this .csv, .parquet or .html file, a new one."),
]
Force = Annotated[bool, typer.Option("--force", help="--out may replace a file that is there.")]
Engine = Annotated[
    str,
    typer.Option(
        help="auto, duckdb or plain. The result is the same; duckdb (the extra bulk) is the "
        "faster one for large CSV and Parquet files."
    ),
]


def diff(
    ours: Ours,
    theirs: Theirs,
    key: Key = None,
    fields: Fields = None,
    tolerance: Tolerance = None,
    names: Names = None,
    file_format: FileFormat = None,
    ours_format: OursFormat = None,
    theirs_format: TheirsFormat = None,
    as_json: AsJson = False,
    out: Out = None,
    is_forced: Force = False,
    engine: Engine = "auto",
) -> None:
    """Tie out two position files: which rows are missing, which figures differ.

    Numbers are compared exactly, however long. Numeric columns are quantity, average_price,
    price and cash, and any other of which most filled cells are numbers in both files; a cell
    there that is no number is an error. An empty cell or null is not reported, which is not 0.
    Keys are compared as they are written, without the blanks around them.

    The exit status is 0 when everything agrees, 1 when there are breaks, and 2 when something
    cannot be read: the file, line and column are named, and nothing is written.

    Examples:

    tieout diff book.csv broker.csv

    tieout diff book.csv broker.json --key symbol --tolerance average_price=0.01

    tieout diff book.parquet broker.csv --map Qty=quantity --json

    cat broker.json | tieout diff book.csv - --format json --out breaks.html
    """
    from tieout.bulk import FileFault, tie_out_files, write_report

    try:
        require_free(out, (ours, theirs), is_forced=is_forced)
        statement = tie_out_files(
            ours,
            theirs,
            key=listed(key),
            fields=listed(fields),
            tolerance=paired(tolerance, "--tolerance", "FIELD=VALUE"),
            names=paired(names, "--map", "THEIR_NAME=OUR_NAME"),
            file_format=file_format,
            ours_format=ours_format,
            theirs_format=theirs_format,
            engine=engine,
            stdin=typer.get_binary_stream("stdin") if "-" in (ours, theirs) else None,
            progress=reporter(),
        )
        if out is not None:
            write_report(statement, out)
    except FileFault as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(WRONG) from None
    print_result(statement, as_json=as_json, with_defaults=fields is None)
    raise typer.Exit(TIED_OUT if statement.is_tied_out else BREAKS)


def print_result(statement: "Statement", *, as_json: bool, with_defaults: bool) -> None:
    """The statement to stdout; a word on stderr if the quantities were not compared."""
    from tieout.bulk import print_statement

    if with_defaults and "quantity" in statement.left_out:
        advice = "only one of the files has quantity, so it was not compared; "
        typer.echo(f"{advice}--map THEIR_NAME=quantity says what theirs calls it", err=True)
    if as_json:
        print_json(statement)
    else:
        print_statement(statement)


def print_json(statement: "Statement") -> None:
    """The statement to stdout, break by break, in UTF-8 whatever the terminal's setting."""
    from tieout.bulk import write_json

    text = TextIOWrapper(typer.get_binary_stream("stdout"), encoding="utf-8", newline="\n")
    write_json(statement, text)
    text.detach()  # which flushes, and leaves stdout open


def require_free(out: Path | None, files: Sequence[str], *, is_forced: bool) -> None:
    """Refuse, before any work, a report in no known format or in the place of another file."""
    from tieout.bulk import FileFault, report_format

    if out is None:
        return
    report_format(out)
    if any(out.exists() and Path(name).exists() and out.samefile(name) for name in files):
        raise FileFault("--out would overwrite the file that is compared", file=str(out))
    if out.exists() and not is_forced:
        raise FileFault("is there already; name a new file, or --force it", file=str(out))


def listed(columns: str | None) -> list[str] | None:
    """Names with commas between; None where the option was not given."""
    return (
        None if columns is None else [name.strip() for name in columns.split(",") if name.strip()]
    )


def paired(given: Sequence[str] | None, option: str, form: str) -> dict[str, str]:
    """The values of a repeated NAME=VALUE option."""
    from tieout.bulk import FileFault

    read: dict[str, str] = {}
    for text in given or ():
        name, _, value = text.partition("=")
        if not name or not value:
            raise FileFault(f"{option} {text!r}: the form is {form}")
        if name in read:
            raise FileFault(f"{option} names {name} twice")
        read[name] = value
    return read


def reporter() -> Callable[[str, int], None]:
    """Tell on stderr how far the reading is, once it takes long enough to wonder."""
    said_at = monotonic()

    def report(name: str, rows: int) -> None:
        nonlocal said_at
        if monotonic() - said_at >= QUIET_S:
            said_at = monotonic()
            typer.echo(f"{name}: {rows:,} rows read", err=True)

    return report
