"""The plain engine: our rows in memory, theirs read past them. Every fault is found here."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import itemgetter

from tieout.bulk.comparison import Found, Key, Terms, Values, differing
from tieout.bulk.exact import NUMBER, NUMBER_ALLOWED, shortened
from tieout.bulk.faults import FileFault
from tieout.bulk.sheet import Side

Held = tuple[int, Values]
Book = dict[Key, Held | int]


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


def read_book(side: Side, *, terms: Terms) -> Book:
    """All rows of our side: where each begins and what it holds."""
    book: Book = {}
    require_numbers = number_check(side, terms)
    # Many rows share an account: kept once, it takes a tenth of the memory.
    spelled: dict[str, str] = {}
    for at, key, values in keyed(side, terms):
        key = (spelled.setdefault(key[0], key[0]), *key[1:])
        require_numbers(at, values)
        if key in book:
            raise repeated(side, at, key, book[key], terms=terms)
        book[key] = (at, values)
    return book


def read_past(book: Book, side: Side, *, terms: Terms) -> Outcome:
    """Their rows against ours. A row of the book that was met gives way to where it was met."""
    found: list[Found] = []
    extra: Book = {}
    matched = 0
    require_numbers = number_check(side, terms)
    for at, key, values in keyed(side, terms):
        held = book.get(key)
        if isinstance(held, int) or (held is None and key in extra):
            raise repeated(side, at, key, held or extra[key], terms=terms)
        if held is None:
            require_numbers(at, values)
            extra[key] = (at, values)
            continue
        book[key] = at
        matched += 1
        if values != held[1]:
            require_numbers(at, values)
            fields = differing(held[1], values, terms=terms)
            if fields:
                found.append((key, held[1], values, fields))
    counts = {"ours": len(book), "theirs": matched + len(extra), "matched": matched}
    found += [(key, None, row[1], terms.fields) for key, row in left(extra)]
    found += [(key, row[1], None, terms.fields) for key, row in left(book)]
    return Outcome(**counts, found=found)


def left(book: Book) -> Iterator[tuple[Key, Held]]:
    """The rows that the other side did not have."""
    for key, held in book.items():
        if isinstance(held, tuple):
            yield key, held


def keyed(side: Side, terms: Terms) -> Iterator[tuple[int, Key, Values]]:
    """The rows of a side, each with its key, without the blanks around it, and its values."""
    width = len(terms.key)
    for at, cells in side.rows(terms.columns):
        key = tuple([cell.strip(" ") for cell in cells[:width]])
        if "" in key:
            column = terms.key[key.index("")]
            message = "is empty; rows are matched by it (--key names what tells rows apart)"
            raise side.fault(message, at=at, columns=[column])
        yield at, key, cells[width:]


def number_check(side: Side, terms: Terms) -> Callable[[int, Values], None]:
    """A check that refuses a filled cell of a number column that is no number."""
    numbers = terms.numbers
    is_number = NUMBER.fullmatch

    def require_numbers(at: int, values: Values) -> None:
        for field in numbers:
            text = values[field]
            if text and not is_number(text):
                message = f"{shortened(text)} is not a number; {NUMBER_ALLOWED}"
                raise side.fault(message, at=at, columns=[terms.fields[field]])

    return require_numbers


def repeated(side: Side, at: int, key: Key, first: Held | int, *, terms: Terms) -> FileFault:
    """A key that a file has twice: which of the two rows would be compared?"""
    line = first if isinstance(first, int) else first[0]
    message = (
        f"the key {', '.join(shortened(part) for part in key)} is already on {side.sheet.unit} "
        f"{line}; each may appear once (--key names the columns that tell rows apart)"
    )
    return side.fault(message, at=at, columns=terms.key)
