"""Results as plain tables: a list of rows becomes a table, everything else a line."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def lines(name: str, result: Mapping[str, Any]) -> Iterator[str]:
    """A whole result under its name."""
    yield name
    yield "=" * len(name)
    plain = {key: value for key, value in result.items() if not _is_table(value)}
    for key, value in plain.items():
        yield from _fact(key, value)
    for key, rows in result.items():
        if _is_table(rows) and rows:
            yield ""
            yield _words(key)
            yield from table(rows)
    yield ""


def _fact(key: str, value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for inner, each in value.items():
            yield from _fact(f"{key} {inner}", each)
    elif not isinstance(value, list | tuple):
        yield f"{_words(key)}: {cell(value)}"
    elif value:
        yield f"{_words(key)}: {', '.join(map(cell, value))}"


def _is_table(value: object) -> bool:
    is_list = isinstance(value, list | tuple)
    return is_list and all(isinstance(each, Mapping) for each in value)


def table(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Rows below their columns: numbers to the right, texts to the left."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    cells = [[cell(row.get(column)) for column in columns] for row in rows]
    heads = [_words(column) for column in columns]
    widths = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]
    is_text = [any(isinstance(row.get(column), str) for row in rows) for column in columns]
    for row in (heads, *cells):
        padded = [
            text.ljust(width) if left else text.rjust(width)
            for text, width, left in zip(row, widths, is_text, strict=True)
        ]
        yield "  " + "  ".join(padded).rstrip()


def cell(value: object) -> str:
    """A value as it stands in a table.

    >>> cell(True), cell(100000), cell(1.5), cell(None)
    ('yes', '100,000', '1.50', '-')
    """
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "NO"
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.2f}"
        case _:
            return str(value)


def _words(key: str) -> str:
    return key.replace("_", " ")
