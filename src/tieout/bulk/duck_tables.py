"""A file as DuckDB may read it: only where it is certain to read what the plain engine reads."""

import codecs
import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tieout.bulk.csv_sheet import CsvSheet
from tieout.bulk.faults import Doubt
from tieout.bulk.parquet_sheet import ParquetSheet
from tieout.bulk.sheet import Side

PIECE_BYTES = 1024 * 1024
DECIMAL_DIGITS_MAX = 38
"""DuckDB reads a longer Parquet decimal as a double."""

# Every line quoted as RFC 4180 has it, and no cell over two lines.
QUOTED_LINE = r'("([^"]|"")*"|[^",]*)(,("([^"]|"")*"|[^",]*))*'


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What to select from in place of a file, and how its columns are spelled there."""

    relation: str
    spelled: dict[str, str]
    types: dict[str, str]
    """DuckDB's type of each column: VARCHAR where it is text as written."""
    has_blanks: bool = True

    def text(self, column: str) -> str:
        """A column as text without padding; null (a CSV file's empty cell) is not reported."""
        spelled, kind = self.spelled[column], self.types[column]
        if kind == "VARCHAR":
            return spelled
        text = f"CAST({spelled} AS VARCHAR)"
        if kind in ("DOUBLE", "FLOAT"):
            return f"nullif({text}, 'nan')"
        is_padded = kind.startswith("DECIMAL") and not kind.endswith(",0)")
        return f"rtrim(rtrim({text}, '0'), '.')" if is_padded else text

    def key(self, column: str) -> str:
        """A column as a part of the key, without the blanks around it."""
        return f"trim({self.text(column)})" if self.has_blanks else self.text(column)

    def is_padded(self, column: str) -> bool:
        """Whether the type, and not a person, decided on the trailing zeros."""
        return self.types[column].startswith(("DECIMAL", "DOUBLE", "FLOAT"))


def table_of(connection: Any, side: Side, *, columns: tuple[str, ...], folder: Path) -> Table:
    """How DuckDB reads one side; raises Doubt where the plain engine has to."""
    if any(character in str(side.source.path) for character in "*?[\\"):
        raise Doubt("DuckDB would take the name for a pattern")
    if isinstance(side.sheet, CsvSheet):
        header = tuple(side.names.get(name, name) for name in side.sheet.header)
        return csv_table(connection, side.source.path, header)
    if isinstance(side.sheet, ParquetSheet):
        return parquet_table(side, side.sheet, columns)
    return csv_table(connection, staged(side, columns, folder), columns)


def csv_table(connection: Any, path: Path, header: tuple[str, ...]) -> Table:
    """A CSV file, every cell as text."""
    if len(header) < 2:
        raise Doubt("DuckDB takes a blank line for a row where there is one column")
    marks = inspect(path)
    has_quotes = '"' in marks
    if has_quotes:
        require_plain_quotes(connection, path)
    columns = ", ".join(f"'c{at}': 'VARCHAR'" for at in range(len(header)))
    options = "delim=',', quote='\"', escape='\"', header=true, strict_mode=true"
    # Quoted cells can mislead the search for a line's beginning in the middle of a file.
    relation = (
        f"read_csv({literal(str(path))}, auto_detect=false, {options}, columns={{{columns}}}, "
        f"compression='none', hive_partitioning=false, parallel={str(not has_quotes).lower()})"
    )
    spelled = {name: f"c{at}" for at, name in enumerate(header)}
    types = dict.fromkeys(header, "VARCHAR")
    return Table(relation=relation, spelled=spelled, types=types, has_blanks=" " in marks)


def inspect(path: Path) -> set[str]:
    """Which of quote and blank a CSV file has. Doubt if it is no UTF-8 text or mixes line ends."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    marks: set[str] = set()
    with path.open("rb") as raw:
        piece = raw.read(PIECE_BYTES)
        if piece.removeprefix(codecs.BOM_UTF8).startswith((b"\r", b"\n")):
            raise Doubt("a blank line stands before the header")
        with_cr = b"\r" in piece
        while piece:
            if b"\0" in piece:
                raise Doubt("the file is no text")
            require_utf8(decoder, piece)
            marks.update(mark for mark in '" ' if mark.encode() in piece)
            if piece.endswith(b"\r"):
                piece += raw.read(1)
            if b"\r" in piece:
                require_one_line_end(piece, with_cr=with_cr)
            elif with_cr and b"\n" in piece:
                raise Doubt("the file mixes line ends")
            piece = raw.read(PIECE_BYTES)
    require_utf8(decoder, b"")
    return marks


def require_utf8(decoder: codecs.IncrementalDecoder, piece: bytes) -> None:
    """Refuse bytes that are not UTF-8; none at all means that the file has ended."""
    if piece.isascii() and piece and not decoder.getstate()[0]:
        return
    try:
        decoder.decode(piece, final=not piece)
    except UnicodeDecodeError as error:
        raise Doubt("the file is not UTF-8") from error


def require_one_line_end(piece: bytes, *, with_cr: bool) -> None:
    """Refuse CR alone, and CR LF beside LF; the two readers disagree about such files."""
    pairs = piece.count(b"\r\n")
    if not with_cr or piece.count(b"\r") != pairs or piece.count(b"\n") != pairs:
        raise Doubt("the file mixes line ends")


def require_plain_quotes(connection: Any, path: Path) -> None:
    """Refuse a file in which a quoted cell spans lines or a quote stands where it should not."""
    lines = (
        f"read_csv({literal(str(path))}, auto_detect=false, header=false, delim='\x1f', quote='', "
        "escape='', columns={'line': 'VARCHAR'}, compression='none', hive_partitioning=false)"
    )
    odd = f"SELECT 1 FROM {lines} WHERE NOT regexp_full_match(line, '{QUOTED_LINE}') LIMIT 1"
    if connection.execute(odd).fetchone() is not None:
        raise Doubt("a quoted cell spans lines, or a quote stands inside a cell")


def parquet_table(side: Side, sheet: ParquetSheet, columns: tuple[str, ...]) -> Table:
    """A Parquet file, where DuckDB keeps every digit of the columns that are read."""
    own = [side.own_name(column) for column in columns]
    types = {ours: duck_type(sheet, name) for ours, name in zip(columns, own, strict=True)}
    return Table(
        relation=f"read_parquet({literal(str(side.source.path))}, hive_partitioning=false)",
        spelled={ours: quoted(name) for ours, name in zip(columns, own, strict=True)},
        types=types,
    )


def duck_type(sheet: ParquetSheet, column: str) -> str:
    """How DuckDB reads a Parquet column: equal names are equal types."""
    kind, arrow_type = sheet.kind(column), sheet.types[column]
    if kind == "float":
        return "DOUBLE" if str(arrow_type) == "double" else "FLOAT"
    if kind != "decimal":
        return "HUGEINT" if kind == "whole" else "VARCHAR"
    if arrow_type.precision > DECIMAL_DIGITS_MAX or arrow_type.scale < 0:
        raise Doubt("DuckDB would read this decimal as a double")
    return f"DECIMAL({arrow_type.precision},{arrow_type.scale})"


def staged(side: Side, columns: tuple[str, ...], folder: Path) -> Path:
    """A JSON file as a CSV file: DuckDB reads JSON numbers as doubles."""
    path = folder / f"{id(side)}.csv"
    with path.open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(cells for _, cells in side.rows(columns))
    return path


def literal(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def quoted(name: str) -> str:
    """A column's name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'
