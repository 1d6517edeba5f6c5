"""The statement as one HTML page that needs nothing else: no script, no font, no network."""

from collections.abc import Iterator
from html import escape
from itertools import islice
from pathlib import Path

from tieout.bulk.report_lines import Line, harmless, headings, lines
from tieout.bulk.statement import Statement

LINES_MAX = 10_000
"""More lines than a browser shows at ease; CSV and Parquet have them all."""

NUMERIC = frozenset({"ours", "theirs", "difference"})

HEAD = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
      content="default-src 'none'; style-src 'unsafe-inline'">
<title>Tie-out</title>
<style>
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 80rem;
       padding: 0 1rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; }
dt { opacity: .75; }
dd { margin: 0; overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #8886; padding: .25rem .75rem .25rem 0; text-align: left;
         vertical-align: top; }
th { background: Canvas; position: sticky; top: 0; }
.figure { font-variant-numeric: tabular-nums; overflow-wrap: anywhere; text-align: right; }
</style>
</head>
<body>
<main>
"""
FOOT = "</main>\n</body>\n</html>\n"


def write_html(statement: Statement, path: Path) -> None:
    """The figures that count, then the breaks."""
    with path.open("w", encoding="utf-8", newline="\n") as text:
        text.write(HEAD)
        text.writelines(summary(statement))
        if not statement.is_tied_out:
            text.writelines(table(statement))
        text.write(FOOT)


def summary(statement: Statement) -> Iterator[str]:
    """The result in a heading, and what was compared."""
    yield f"<h1>{'Tied out' if statement.is_tied_out else 'Not tied out'}</h1>\n<dl>\n"
    yield fact("ours", f"{statement.ours_name}, {statement.ours:,} rows")
    yield fact("theirs", f"{statement.theirs_name}, {statement.theirs:,} rows")
    yield fact("on both sides", f"{statement.matched:,}")
    yield fact("compared", ", ".join(statement.fields) or "only which keys are there")
    for kind, count in statement.counts.items():
        yield fact(kind, f"{count:,}")
    yield "</dl>\n"


def fact(name: str, value: str) -> str:
    """One figure with its name."""
    return f"<dt>{escape(harmless(name))}</dt><dd>{escape(harmless(value))}</dd>\n"


def table(statement: Statement) -> Iterator[str]:
    """The breaks, a line for each field, as far as a browser shows them at ease."""
    names = headings(statement)
    yield '<div class="wide">\n<table>\n<thead>\n<tr>'
    for name in names:
        yield f'<th scope="col"{figure_class(name)}>{escape(harmless(name))}</th>'
    yield "</tr>\n</thead>\n<tbody>\n"
    rest = lines(statement)
    for line in islice(rest, LINES_MAX):
        yield table_row(names, line)
    yield "</tbody>\n</table>\n</div>\n"
    if next(rest, None) is not None:
        yield f"<p>Only the first {LINES_MAX:,} lines; a CSV or Parquet report has all.</p>\n"


def table_row(names: tuple[str, ...], line: Line) -> str:
    """One line; a figure that is not reported is a dash."""
    cells = [
        f"<td{figure_class(name)}>{escape(harmless(cell)) or '–'}</td>"
        for name, cell in zip(names, line, strict=True)
    ]
    return f"<tr>{''.join(cells)}</tr>\n"


def figure_class(name: str) -> str:
    """Figures are set right, under one another; a key has no name of those."""
    return ' class="figure"' if name in NUMERIC else ""
