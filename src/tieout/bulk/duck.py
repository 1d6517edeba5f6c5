"""The DuckDB engine: reads, joins and sets aside what is the same text; Python does the sums.

Exactness never rests on a database type. Rows whose texts are equal agree; every other row is
compared here, by the rule of the plain engine. What DuckDB might read otherwise than the plain
engine, and every fault, is left to the plain engine (`Doubt`), so both give the same answer.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from operator import itemgetter
from pathlib import Path
from typing import Any, TypeVar

from tieout.bulk.comparison import WORDS, Found, Terms, Values, differing
from tieout.bulk.csv_sheet import CsvSheet
from tieout.bulk.duck_tables import Table, table_of
from tieout.bulk.exact import NUMBER, NUMBER_PATTERN, without_padding
from tieout.bulk.faults import Doubt, FileFault
from tieout.bulk.parquet_sheet import ParquetSheet
from tieout.bulk.plain import Outcome
from tieout.bulk.sheet import Side, Tally

MEMORY = "384MB"
THREADS_MAX = 4
ROWS_PER_FETCH = 10_000

Answer = TypeVar("Answer")


class DuckEngine:
    """One comparison in DuckDB; `folder` takes what does not fit in memory."""

    def __init__(self, folder: Path) -> None:
        import duckdb

        self.folder = folder
        self.doubtful: tuple[type[Exception], ...] = (duckdb.Error, FileFault, UnicodeError)
        self.connection: Any = duckdb.connect(
            config={
                "threads": min(THREADS_MAX, os.cpu_count() or 1),
                "memory_limit": MEMORY,
                "temp_directory": str(folder),
                "preserve_insertion_order": False,
                "autoinstall_known_extensions": False,
            }
        )

    def count(self, side: Side, columns: Sequence[str]) -> dict[str, Tally]:
        """What columns hold; DuckDB would count JSON numbers as doubles."""
        if not isinstance(side.sheet, CsvSheet | ParquetSheet):
            return side.tally(columns)
        return self._answer(lambda: self._count(side, tuple(columns)))

    def tie_out(self, ours: Side, theirs: Side, *, terms: Terms) -> Outcome:
        """Compare two files; raises Doubt where the plain engine has to."""
        return self._answer(lambda: self._tie_out(ours, theirs, terms=terms))

    def close(self) -> None:
        """Give the memory back."""
        self.connection.close()

    def _answer(self, work: Callable[[], Answer]) -> Answer:
        try:
            return work()
        except self.doubtful as error:
            raise Doubt(str(error)) from error

    def _count(self, side: Side, columns: tuple[str, ...]) -> dict[str, Tally]:
        table = self._table(side, columns)
        cells = [table.text(name) for name in columns]
        counts = ", ".join(
            f"count(nullif({cell}, '')), count(*) FILTER ({is_number(cell)})" for cell in cells
        )
        row = self._one(f"SELECT {counts} FROM {table.relation}")
        pairs = zip(row[::2], row[1::2], strict=True)
        tallies = [Tally(filled=filled, numbers=numbers) for filled, numbers in pairs]
        return dict(zip(columns, tallies, strict=True))

    def _tie_out(self, ours: Side, theirs: Side, *, terms: Terms) -> Outcome:
        tables = [self._table(side, terms.columns) for side in (ours, theirs)]
        rows = []
        for side, table in zip((ours, theirs), tables, strict=True):
            rows.append(self._one(f"SELECT count(*) FROM {table.relation}")[0])
            side.progress(side.name, rows[-1])
        self.connection.execute(pairs_sql(tables[0], tables[1], terms=terms))
        (same,) = self._one("SELECT count(*) FROM pairs WHERE same")
        suspects = Suspects(tables[0], tables[1], terms=terms)
        for suspect in self._fetch("SELECT * EXCLUDE (same) FROM pairs WHERE NOT same"):
            suspects.judge(suspect)
        return suspects.outcome(same=same, rows=(rows[0], rows[1]))

    def _table(self, side: Side, columns: tuple[str, ...]) -> Table:
        return table_of(self.connection, side, columns=columns, folder=self.folder)

    def _one(self, sql: str) -> Any:
        return self.connection.execute(sql).fetchone()

    def _fetch(self, sql: str) -> Iterator[tuple[Any, ...]]:
        self.connection.execute(sql)
        while rows := self.connection.fetchmany(ROWS_PER_FETCH):
            yield from rows


class Suspects:
    """The rows whose texts are not the same: exactly compared, and counted against the files."""

    def __init__(self, ours: Table, theirs: Table, *, terms: Terms) -> None:
        self.terms = terms
        self.numbers = terms.numbers
        self.spelled: dict[str, str] = {}  # many rows share an account: kept once
        self.found: list[Found] = []
        self.on_both = 0
        self.missing = {"ours": 0, "theirs": 0}
        self.padded = [[table.is_padded(name) for name in terms.fields] for table in (ours, theirs)]

    def judge(self, suspect: tuple[Any, ...]) -> None:
        """Take one row of the join: whether each side has it, the key, our figures, theirs."""
        width, count = len(self.terms.key), len(self.terms.fields)
        has_ours, has_theirs, *cells = suspect
        if not all(cells[:width]):
            raise Doubt("a key is empty")
        key = (self.spelled.setdefault(cells[0], cells[0]), *cells[1:width])
        figures = cells[width:]
        ours = self._values(figures[:count], self.padded[0]) if has_ours else None
        theirs = self._values(figures[count:], self.padded[1]) if has_theirs else None
        if ours is None or theirs is None:
            self.missing["ours" if ours is None else "theirs"] += 1
            self.found.append((key, ours, theirs, self.terms.fields))
            return
        self.on_both += 1
        fields = differing(ours, theirs, terms=self.terms)
        if fields:
            self.found.append((key, ours, theirs, fields))

    def outcome(self, *, same: int, rows: tuple[int, int]) -> Outcome:
        """The result, once the rows of the join account for every row of both files.

        A key that is twice on one side and met on the other gives more pairs than rows; one
        that is twice and not met stands twice among the breaks.
        """
        matched = same + self.on_both
        if rows != (matched + self.missing["theirs"], matched + self.missing["ours"]):
            raise Doubt("a key is there more than once")
        self.found.sort(key=itemgetter(0))
        keys = [key for key, *_ in self.found]
        if any(key == after for key, after in pairwise(keys)):
            raise Doubt("a key is there more than once")
        return Outcome(ours=rows[0], theirs=rows[1], matched=matched, found=self.found)

    def _values(self, figures: Sequence[str | None], padded: Sequence[bool]) -> Values:
        texts = [text or "" for text in figures]
        if any(padded):
            texts = [
                ("" if text == "nan" else without_padding(text)) if is_padded else text
                for text, is_padded in zip(texts, padded, strict=True)
            ]
        for at in self.numbers:
            if texts[at] and NUMBER.fullmatch(texts[at]) is None:
                raise Doubt("a number is not readable")
        return tuple(texts)


def pairs_sql(ours: Table, theirs: Table, *, terms: Terms) -> str:
    """Every key of either side with both sides' figures; nothing but `same` where they agree."""
    types = [common_type(ours, theirs, name) for name in terms.fields]
    keys, fields = range(len(terms.key)), range(len(terms.fields))
    met = " AND ".join(f"o.k{at} = t.k{at}" for at in keys)
    same = " AND ".join(
        [f"o.k{at} = t.k{at} AND o.k{at} <> ''" for at in keys]
        + [f"o.f{at} IS NOT DISTINCT FROM t.f{at}" for at in fields]
        + [
            is_readable(f"o.f{at}", as_type=types[at])
            for at in fields
            if terms.fields[at] not in WORDS
        ]
    )
    columns = [
        "o.k0 IS NOT NULL",
        "t.k0 IS NOT NULL",
        *[f"coalesce(o.k{at}, t.k{at})" for at in keys],
        *[f"CAST({side}.f{at} AS VARCHAR)" for side in "ot" for at in fields],
    ]
    kept = ", ".join(
        f"CASE WHEN coalesce({same}, false) THEN NULL ELSE {column} END AS c{at}"
        for at, column in enumerate(columns)
    )
    return (
        f"CREATE OR REPLACE TEMP TABLE pairs AS SELECT coalesce({same}, false) AS same, {kept} "
        f"FROM ({side_sql(ours, terms=terms, types=types)}) AS o "
        f"FULL JOIN ({side_sql(theirs, terms=terms, types=types)}) AS t ON {met}"
    )


def side_sql(table: Table, *, terms: Terms, types: Sequence[str]) -> str:
    """One side's keys, without the blanks around them, and its figures."""
    keys = [f"{table.key(name)} AS k{at}" for at, name in enumerate(terms.key)]
    figures = [
        f"{table.text(name) if types[at] == 'VARCHAR' else table.spelled[name]} AS f{at}"
        for at, name in enumerate(terms.fields)
    ]
    return f"SELECT {', '.join(keys + figures)} FROM {table.relation}"


def common_type(ours: Table, theirs: Table, column: str) -> str:
    """The type in which a column can be compared as it is; text where the two differ."""
    mine, reported = ours.types[column], theirs.types[column]
    return mine if mine == reported else "VARCHAR"


def is_readable(cell: str, *, as_type: str) -> str:
    """SQL for: the cell is not reported, or a finite number."""
    if as_type == "VARCHAR":
        return f"({cell} IS NULL OR {is_number(cell)})"
    if as_type in ("DOUBLE", "FLOAT"):
        return f"({cell} IS NULL OR isfinite({cell}))"
    return "true"


def is_number(cell: str) -> str:
    """SQL for: the text is a number, by the pattern of the plain engine."""
    return f"regexp_full_match({cell}, '{NUMBER_PATTERN}')"
