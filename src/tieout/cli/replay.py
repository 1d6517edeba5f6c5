"""`tieout replay FILE`: positions and realized P&L from a file of fills."""

from time import monotonic
from typing import Annotated, Literal

import typer

AGREES, DIFFERS, WRONG = 0, 1, 2
QUIET_S = 2.0
"""Seconds without a word on stderr, at the start and between two reports of progress."""

VenueName = Literal["hyperliquid", "alpaca", "ibkr-flex", "coinbase"]
Basis = Literal["average", "fifo", "lifo", "hifo", "specific"]
By = Literal["symbol", "day", "closing"]

File = Annotated[
    str,
    typer.Argument(metavar="FILE", help="CSV, JSON, JSON lines or Flex XML; - reads stdin."),
]
Venue = Annotated[
    VenueName | None,
    typer.Option(
        help="Whose own export the file is. Without it the file has the activity fields of a "
        "case file, and account, asset_class and multiplier where they are needed."
    ),
]
CostBasis = Annotated[Basis, typer.Option(help="Which units a closing takes.")]
ListBy = Annotated[
    By | None, typer.Option("--by", help="Also list realized P&L, one line for each.")
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Write the result as JSON, and nothing else, to stdout.")
]


def replay(
    file: File,
    venue: Venue = None,
    cost_basis: CostBasis = "average",
    by: ListBy = None,
    as_json: AsJson = False,
) -> None:
    """Replay a file of fills: positions, realized P&L, gaps, differences to the venue's figures.

    A gap is a fill whose starting position is not what the fills before it give. What was opened
    across a gap, or before the first fill, has no known cost: what it realizes is incomplete.

    The exit status is 0 when all agrees, 1 when there are gaps or differences, and 2 when the
    file cannot be read: the file, row and column are named.

    Examples:

    tieout replay fills.csv

    tieout replay --venue hyperliquid fills.json --by symbol

    tieout replay --venue ibkr-flex statement.xml --cost-basis fifo --json
    """
    from tieout.core.errors import TieoutError
    from tieout.replay.running import replay_file

    try:
        result = replay_file(
            file,
            venue=venue,
            cost_basis=cost_basis,
            by=by,
            stdin=typer.get_binary_stream("stdin"),
            progress=Reporter(),
        )
    except TieoutError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(WRONG) from None
    if as_json:
        from tieout.replay.output import json_text, remarks

        typer.echo(json_text(result).encode(), nl=False)
        for line in remarks(result):
            typer.echo(line, err=True)
    else:
        from tieout.cli.output import console
        from tieout.replay.statement import print_statement

        print_statement(result, console())
    raise typer.Exit(AGREES if result.agrees else DIFFERS)


class Reporter:
    """Tells on stderr how far the work is, once it takes long enough to wonder."""

    def __init__(self) -> None:
        self._said_at = monotonic()

    def __call__(self, doing: str, fills: int) -> None:
        if monotonic() - self._said_at >= QUIET_S:
            self._said_at = monotonic()
            typer.echo(f"{doing}: {fills:,} fills", err=True)
