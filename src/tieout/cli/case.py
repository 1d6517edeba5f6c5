"""`tieout case FILE`: one complete tie-out from a file, through the real core, without network."""

from pathlib import Path
from typing import Annotated

import typer

FILE_IS_WRONG = 2
CASE_BYTES_MAX = 256 * 1024 * 1024
STDIN = "-"


def case(
    file: Annotated[str, typer.Argument(help="The case file (JSON); - reads stdin.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="Write the result as JSON, and nothing else, to stdout.")
    ] = False,
) -> None:
    """Tie out a case file: what was held, what happened, what the broker said.

    Nothing is fetched and nothing is stored: the file goes through the same core as a sync.
    The exit status is 0 when the last snapshot is tied out, 1 when it is not, and 2 when the
    file is wrong; every fault is then named with its place.

    Examples:

    tieout case monday.json

    tieout case monday.json --json | jq .realized

    tieout runs evidence RUN | tieout case -
    """
    from tieout.cases.output import json_text
    from tieout.cases.reading import VENUES, read_case
    from tieout.cases.running import run_case
    from tieout.cases.statement import statement_text
    from tieout.core.errors import TieoutError
    from tieout.venues.registry import venues

    data = read_bytes(file)
    known = tuple(dict.fromkeys((*VENUES, *venues())))  # other packages bring venues too
    try:
        statement = run_case(read_case(data, venues=known))
    except TieoutError as error:
        raise wrong_file(str(error)) from None
    text = json_text(statement.json()) if as_json else statement_text(statement)
    typer.echo(text.encode(), nl=False)
    raise typer.Exit(statement.exit_status)


def read_bytes(file: str) -> bytes:
    """The file's content, up to a limit."""
    try:
        if file == STDIN:
            data = typer.get_binary_stream("stdin").read(CASE_BYTES_MAX + 1)
        else:
            with Path(file).open("rb") as stream:
                data = stream.read(CASE_BYTES_MAX + 1)
    except OSError as error:
        raise wrong_file(f"{file}: {error.strerror or error}") from None
    if len(data) > CASE_BYTES_MAX:
        raise wrong_file(f"{file}: larger than {CASE_BYTES_MAX} bytes")
    return data


def wrong_file(message: str) -> typer.Exit:
    """Say what is wrong, one fault a line, and leave with the status for it."""
    typer.echo(message, err=True)
    return typer.Exit(FILE_IS_WRONG)
