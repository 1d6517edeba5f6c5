"""Parquet: whole numbers and decimals exact, floats as the shortest text of the double."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from tieout.bulk.exact import without_padding
from tieout.bulk.faults import FileFault
from tieout.bulk.sheet import Row, Tally, require_distinct, tally_rows
from tieout.bulk.sources import Source

ROWS_PER_BATCH = 16_384

Kind = Literal["text", "whole", "decimal", "float"]


class ParquetSheet:
    """A Parquet file. Columns of other types (dates, lists) are left alone unless asked for."""

    unit = "row"
    head = "schema"

    def __init__(self, source: Source) -> None:
        self.source = source
        self._file = open_parquet(source)
        schema = self._file.schema_arrow
        require_distinct(schema.names, source=source, place=self.head)
        self.types: dict[str, Any] = {each.name: each.type for each in schema}

    @property
    def columns(self) -> tuple[str, ...]:
        """Every named column whose type can be compared."""
        return tuple(name for name in self.types if name and self.kind(name) is not None)

    def kind(self, column: str) -> Kind | None:
        """What a column holds, as far as it can be compared."""
        return kind_of_type(self.types[column])

    def rows(self, columns: Sequence[str]) -> Iterator[Row]:
        batches = self._file.iter_batches(batch_size=ROWS_PER_BATCH, columns=list(columns))
        row = 0
        try:
            for batch in batches:
                cells = [self._texts(batch.column(name), self.kind(name)) for name in columns]
                yield from enumerate(zip(*cells, strict=True), start=row + 1)
                row += batch.num_rows
        except (OSError, ValueError) as error:  # Arrow's own errors are of these two
            raise unreadable(self.source, error, row=row + 1) from error

    def tally(self, columns: Sequence[str]) -> dict[str, Tally]:
        return tally_rows(self.rows(columns), columns)

    def _texts(self, cells: Any, kind: Kind | None) -> list[str]:
        import pyarrow as arrow

        texts = [text or "" for text in cells.cast(arrow.string()).to_pylist()]
        if kind == "float":  # pandas writes NaN for null
            texts = ["" if text == "nan" else text for text in texts]
        if kind in ("decimal", "float"):
            return [without_padding(text) for text in texts]
        return texts


def open_parquet(source: Source) -> Any:
    """A Parquet file and its schema."""
    try:
        import pyarrow.parquet as parquet
    except ImportError as error:
        advice = "reading Parquet needs pyarrow: pip install 'tieout[parquet]'"
        raise FileFault(advice, file=source.name) from error
    try:
        return parquet.ParquetFile(source.path)
    except (OSError, ValueError) as error:
        raise unreadable(source, error, row=0) from error


def unreadable(source: Source, error: Exception, *, row: int) -> FileFault:
    """What Arrow says of a damaged file, in one line."""
    said = " ".join(str(error).split())[:200]
    place = f"row {row} or after" if row else ""
    return FileFault(f"is not a readable Parquet file: {said}", file=source.name, place=place)


def kind_of_type(arrow_type: Any) -> Kind | None:
    """The kind of a column by its Arrow type; None for types that hold no key and no figure."""
    from pyarrow import types

    if types.is_dictionary(arrow_type):
        arrow_type = arrow_type.value_type
    if types.is_string(arrow_type) or types.is_large_string(arrow_type):
        return "text"
    if types.is_integer(arrow_type):
        return "whole"
    if types.is_decimal(arrow_type):
        return "decimal"
    if types.is_float32(arrow_type) or types.is_float64(arrow_type):
        return "float"
    return "text" if types.is_null(arrow_type) else None
