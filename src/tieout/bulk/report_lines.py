"""The breaks as lines of a table: one for each field that breaks."""

from collections.abc import Iterator

from tieout.bulk.comparison import Break
from tieout.bulk.exact import is_number
from tieout.bulk.statement import Statement

FIGURES = ("kind", "field", "ours", "theirs", "difference")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")

Line = tuple[str | None, ...]


def headings(statement: Statement) -> tuple[str, ...]:
    """The columns of the table: the key's, then what breaks."""
    keys = [f"key_{name}" if name in FIGURES else name for name in statement.key]
    return (*keys, *FIGURES)


def lines(statement: Statement) -> Iterator[Line]:
    """Every line of the table, in the order of the keys."""
    for found in statement.breaks():
        yield from lines_of(found)


def lines_of(found: Break) -> Iterator[Line]:
    """The lines of one break; a missing row without fields still has one."""
    keys = tuple(found.key.values())
    for name, figures in found.fields.items():
        yield (*keys, found.kind, name, figures.ours, figures.theirs, figures.difference)
    if not found.fields:
        yield (*keys, found.kind, None, None, None, None)


def harmless(text: str | None) -> str:
    """A cell that no spreadsheet runs as a formula; numbers stay as they are.

    >>> [harmless(text) for text in ("=HYPERLINK(...)", "@SUM(1)", "-1.50", "BRK.B", None)]
    ["'=HYPERLINK(...)", "'@SUM(1)", '-1.50', 'BRK.B', '']
    """
    if text and text.startswith(FORMULA_STARTS) and not is_number(text):
        return f"'{text}"
    return text or ""
