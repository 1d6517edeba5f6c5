"""Which columns make the key and which are compared, when the user does not say or says little."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tieout.bulk.comparison import KINDS, WORDS, Terms
from tieout.bulk.exact import ZERO, is_number, shortened
from tieout.bulk.faults import FileFault
from tieout.bulk.parquet_sheet import ParquetSheet
from tieout.bulk.sheet import Side, Tally

KEY_DEFAULT = ("account", "symbol")
FIRST = "quantity"

Count = Callable[[Side, Sequence[str]], dict[str, Tally]]
"""An engine's way to count what columns hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the user said about key and fields; None where the files are to tell."""

    key: Sequence[str] | None = None
    fields: Sequence[str] | None = None
    tolerance: Mapping[str, str | Decimal]


def choose_terms(ours: Side, theirs: Side, asked: Asked, *, count: Count = Side.tally) -> Terms:
    """The key and the fields asked for, or the defaults of the two files."""
    require_names(theirs)
    if asked.key is None:
        key = choose_key(ours, theirs)
    else:
        key = named(asked.key, "--key", (ours, theirs))
    if not key:
        raise FileFault("--key names no column; it needs at least one, such as --key symbol")
    if asked.fields is None:
        fields = choose_fields(ours, theirs, key=key, count=count)
    elif asked.fields:
        fields = named(asked.fields, "--fields", (ours, theirs))
    else:  # as an empty variable of a shell is: to compare nothing would tie out everything
        shared = [name for name in shared_columns(ours, theirs) if name not in key]
        there = ", ".join(shared) or f"nothing beside {', '.join(key)}"
        raise FileFault(f"--fields names no column; the files share {there}")
    both = [name for name in fields if name in key]
    if both:
        raise FileFault(f"--fields: {both[0]} is part of the key and cannot be compared as well")
    return Terms(key=key, fields=fields, tolerance=read_tolerance(asked.tolerance, fields))


def require_names(theirs: Side) -> None:
    """Refuse `--map` for a column that is not there, or onto a name that is taken."""
    given = list(theirs.names.values())
    for their_name, our_name in theirs.names.items():
        if given.count(our_name) > 1:
            raise FileFault(f"--map gives the name {our_name} to two columns")
        columns = theirs.sheet.columns
        if columns is None:
            return
        if their_name not in columns:
            raise missing_column(theirs, their_name, why="--map names it")
        if our_name in columns and our_name not in theirs.names:
            raise FileFault(
                f"--map {their_name}={our_name}: the file already has a column {our_name}; "
                f"give that one another name too, such as --map {our_name}=their_{our_name}",
                file=theirs.name,
                place=theirs.sheet.head,
                column=our_name,
            )


def named(columns: Sequence[str], option: str, sides: Sequence[Side]) -> tuple[str, ...]:
    """The columns of an option, each once and each in both files."""
    for at, name in enumerate(columns):
        if name in columns[:at]:
            raise FileFault(f"{option} names {name} twice")
        for side in sides:
            if side.columns is not None and name not in side.columns:
                raise missing_column(side, side.own_name(name), why=f"{option} names it")
    return tuple(columns)


def missing_column(side: Side, column: str, *, why: str) -> FileFault:
    """A column that a file should have and has not."""
    if isinstance(side.sheet, ParquetSheet) and column in side.sheet.types:
        kind = side.sheet.types[column]
        message = f"{kind} cannot be compared; allowed are text, whole numbers, decimals, floats"
        return FileFault(message, file=side.name, place=side.sheet.head, column=column)
    there = ", ".join(side.sheet.columns or ())
    message = f"there is no such column, and {why}; the file has {there or 'none'}"
    return FileFault(message, file=side.name, place=side.sheet.head, column=column)


def choose_key(ours: Side, theirs: Side) -> tuple[str, ...]:
    """Those of account and symbol that both files have."""
    shared = tuple(name for name in KEY_DEFAULT if name in shared_columns(ours, theirs))
    if shared:
        return shared
    if ours.columns is None and theirs.columns is None:
        return KEY_DEFAULT
    column = KEY_DEFAULT[-1]
    lacking = next(
        side for side in (theirs, ours) if side.columns is not None and column not in side.columns
    )
    raise missing_column(
        lacking, column, why="rows are matched by it (say --key, or --map THEIR_NAME=symbol)"
    )


def choose_fields(ours: Side, theirs: Side, *, key: Sequence[str], count: Count) -> tuple[str, ...]:
    """All numeric columns of both files: quantity first, then in the order of ours."""
    require_readable(ours, theirs)
    shared = [
        name for name in shared_columns(ours, theirs) if name not in key and name not in WORDS
    ]
    unknown = [name for name in shared if name not in KINDS]
    numeric = set(shared) - set(unknown)
    if unknown:
        numeric |= numeric_columns(count(ours, unknown), count(theirs, unknown))
    fields = sorted((name for name in shared if name in numeric), key=lambda name: name != FIRST)
    if not fields and has_rows(ours, key) and has_rows(theirs, key):
        raise FileFault(
            f"the files share no numeric column; {ours.name} has {', '.join(ours.columns or ())}; "
            f"{theirs.name} has {', '.join(theirs.columns or ())}; "
            "say --map THEIR_NAME=OUR_NAME or --fields"
        )
    return tuple(fields)


def require_readable(ours: Side, theirs: Side) -> None:
    """Refuse a known figure that both files have and that one has in a type nobody can read."""
    for side, other in ((ours, theirs), (theirs, ours)):
        types = side.sheet.types if isinstance(side.sheet, ParquetSheet) else {}
        for column in types:
            name = side.names.get(column, column)
            is_there = other.columns is not None and name in other.columns
            if name in KINDS and name not in (side.columns or ()) and is_there:
                raise missing_column(side, column, why="it would be compared")


def shared_columns(ours: Side, theirs: Side) -> tuple[str, ...]:
    """Columns of both files; a JSON file without a row has whatever the other has."""
    mine, reported = ours.columns, theirs.columns
    if mine is None or reported is None:
        return mine or reported or ()
    return tuple(name for name in mine if name in reported)


def numeric_columns(ours: Mapping[str, Tally], theirs: Mapping[str, Tally]) -> set[str]:
    """Columns of which most filled cells are numbers, in each file that fills them.

    Most and not all: one unreadable cell must be a fault of the file, not a reason to leave
    a column of numbers uncompared.
    """
    return {name for name in ours if is_numeric([ours[name], theirs[name]])}


def is_numeric(tallies: Sequence[Tally]) -> bool:
    filled = [tally for tally in tallies if tally.filled]
    return bool(filled) and all(tally.numbers * 2 > tally.filled for tally in filled)


def has_rows(side: Side, key: Sequence[str]) -> bool:
    return next(side.rows(key), None) is not None


def read_tolerance(
    tolerance: Mapping[str, str | Decimal], fields: Sequence[str]
) -> dict[str, Decimal]:
    """The tolerances, each of a compared number, each a number from 0."""
    read: dict[str, Decimal] = {}
    for name, value in tolerance.items():
        text = str(value)
        if name not in fields or name in WORDS:
            compared = ", ".join(field for field in fields if field not in WORDS) or "none"
            raise FileFault(f"--tolerance names {name}, which is not compared; fields: {compared}")
        if not is_number(text) or Decimal(text) < ZERO:
            raise FileFault(f"--tolerance {name}={shortened(text)}: allowed is a number from 0")
        read[name] = Decimal(text)
    return read
