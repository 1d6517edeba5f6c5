"""The plain engine: our rows in memory, theirs read past them. Every fault is found here."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

from tieout.bulk.comparison import Found, Key, Terms, Values, differing
from tieout.bulk.exact import NUMBER, NUMBER_ALLOWED, shortened
from tieout.bulk.faults import FileFault
from tieout.bulk.sheet import Side

Held = tuple[int, Values]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an engine found: the rows of each side, the keys on both, the breaks in key order."""

    ours: int
    theirs: int
    matched: int
    found: list[Found]


def tie_out(ours: Side, theirs: Side, *, terms: Terms) -> Outcome:
    """Compare two files row by row under their keys."""
    outcome = read_past(read_book(ours, terms=terms), theirs, terms=terms)
    outcome.found.sort(key=itemgetter(0))
    return outcome


def read_book(side: Side, *, terms: Terms) -> dict[Key, Held | int]:
    """All rows of our side: where each begins and what it holds."""
    book: dict[Key, Held | int] = {}
    width = len(terms.key)
    # Many rows share an account: kept once, it takes a tenth of the memory.
    spelled: dict[str, str] = {}
    for at, cells in side.rows(terms.columns):
        first = cells[0].strip(" ")
        key = (spelled.setdefault(first, first), *[cell.strip(" ") for cell in cells[1:width]])
        values = cells[width:]
        require_key(side, at, key, terms=terms)
        require_numbers(side, at, values, terms=terms)
        if key in book:
            raise repeated(side, at, key, book[key], terms=terms)
        book[key] = (at, values)
    return book


def read_past(book: dict[Key, Held | int], side: Side, *, terms: Terms) -> Outcome:
    """Their rows against ours. A row of the book that was met gives way to where it was met."""
    found: list[Found] = []
    extra: dict[Key, Held | int] = {}
    ours, matched = len(book), 0
    width = len(terms.key)
    for at, cells in side.rows(terms.columns):
        key = tuple([cell.strip(" ") for cell in cells[:width]])
        values = cells[width:]
        held = book.get(key)
        if held is None:
            require_new_row(side, at, key, values, extra=extra, terms=terms)
            extra[key] = (at, values)
            continue
        if isinstance(held, int):
            raise repeated(side, at, key, held, terms=terms)
        book[key] = at
        matched += 1
        if values != held[1]:
            require_numbers(side, at, values, terms=terms)
            if any(differing(held[1], values, terms=terms)):
                found.append((key, held[1], values))
    theirs = matched + len(extra)
    found.extend((key, None, held[1]) for key, held in extra.items() if isinstance(held, tuple))
    found.extend((key, held[1], None) for key, held in book.items() if isinstance(held, tuple))
    return Outcome(ours=ours, theirs=theirs, matched=matched, found=found)


def require_new_row(
    side: Side,
    at: int,
    key: Key,
    values: Values,
    *,
    extra: dict[Key, Held | int],
    terms: Terms,
) -> None:
    """What a row of theirs must be that the book lacks: a key of its own, readable numbers."""
    require_key(side, at, key, terms=terms)
    require_numbers(side, at, values, terms=terms)
    if key in extra:
        raise repeated(side, at, key, extra[key], terms=terms)


def require_key(side: Side, at: int, key: Key, *, terms: Terms) -> None:
    """Refuse a row that does not say what it is about."""
    if "" in key:
        column = terms.key[key.index("")]
        message = "is empty; rows are matched by it (--key names the columns that tell rows apart)"
        raise side.fault(message, at=at, columns=[column])


def require_numbers(side: Side, at: int, values: Sequence[str], *, terms: Terms) -> None:
    """Refuse a cell of a number column that is filled with anything else."""
    for field in terms.numbers:
        text = values[field]
        if text and NUMBER.fullmatch(text) is None:
            message = f"{shortened(text)} is not a number; {NUMBER_ALLOWED}"
            raise side.fault(message, at=at, columns=[terms.fields[field]])


def repeated(side: Side, at: int, key: Key, first: Held | int, *, terms: Terms) -> FileFault:
    """A key that a file has twice: which of the two rows would be compared?"""
    line = first if isinstance(first, int) else first[0]
    message = (
        f"the key {', '.join(shortened(part) for part in key)} is already on {side.sheet.unit} "
        f"{line}; each may appear once (--key names the columns that tell rows apart)"
    )
    return side.fault(message, at=at, columns=terms.key)
