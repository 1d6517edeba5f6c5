"""Two rows under one key: do they agree, and if not, what kind of break is it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from tieout.bulk.exact import ZERO, abs_of_zero, difference, plain

MISSING_AT_BROKER = "missing_at_broker"
MISSING_IN_BOOK = "missing_in_book"

# Columns that are numbers by their name: an unreadable value in one is a fault of the file,
# however many there are. What other columns are is told by what they hold.
KINDS = {"quantity": "quantity", "average_price": "cost", "price": "price", "cash": "cash"}
# `side` is a word, long or short: compared as text, and only when it is asked for.
WORDS = frozenset({"side"})

Key = tuple[str, ...]
Values = tuple[str, ...]  # one text per field; "" is not reported
# A key, what each side holds under it (None is no row at all), and the fields that differ.
Found = tuple[Key, Values | None, Values | None, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What makes two rows the same position, and how far apart their figures may be."""

    key: tuple[str, ...]
    fields: tuple[str, ...]
    tolerance: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """Everything that is read of a file, the key first."""
        return self.key + self.fields

    @property
    def numbers(self) -> tuple[int, ...]:
        """Which of the fields hold numbers."""
        return tuple(at for at, name in enumerate(self.fields) if name not in WORDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldBreak:
    """One figure on both sides; null is not reported. The difference is theirs less ours."""

    ours: str | None
    theirs: str | None
    difference: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """A key under which the two files do not agree, with the fields that differ."""

    key: Mapping[str, str]
    kind: str
    fields: Mapping[str, FieldBreak]


def agrees(field_name: str, ours: str, theirs: str, *, terms: Terms) -> bool:
    """Whether one field is the same on both sides, within its tolerance.

    A difference equal to the tolerance is within it. Not reported agrees only with itself,
    and a quantity of 0 only with 0: a tolerance never makes or unmakes a position.
    """
    if ours == theirs:
        return True
    if not ours or not theirs or field_name in WORDS:
        return False
    apart = difference(ours, theirs)
    if apart == ZERO:
        return True
    if field_name == "quantity" and ZERO in (Decimal(ours), Decimal(theirs)):
        return False
    return apart.copy_abs() <= terms.tolerance.get(field_name, ZERO)


def differing(ours: Values, theirs: Values, *, terms: Terms) -> tuple[str, ...]:
    """The fields in which two rows under one key break, in the order of the terms."""
    return tuple(
        [
            name
            for name, mine, reported in zip(terms.fields, ours, theirs, strict=True)
            if mine != reported and not agrees(name, mine, reported, terms=terms)
        ]
    )


def kind_of(found: Found) -> str:
    """The kind of a break: which side lacks the row, or what the first differing field is."""
    _, ours, theirs, fields = found
    if theirs is None:
        return MISSING_AT_BROKER
    if ours is None:
        return MISSING_IN_BOOK
    return KINDS.get(fields[0], fields[0])


def counted(found: Sequence[Found], *, terms: Terms) -> dict[str, int]:
    """How many breaks there are of each kind: those of the fields first, then the missing."""
    kinds = [KINDS.get(name, name) for name in terms.fields]
    counts = dict.fromkeys([*kinds, MISSING_AT_BROKER, MISSING_IN_BOOK], 0)
    for each in found:
        counts[kind_of(each)] += 1
    return {kind: count for kind, count in counts.items() if count}


def break_of(found: Found, *, terms: Terms) -> Break:
    """A break as people and programs read it, worked out when it is wanted.

    A missing row shows all its fields, with null on the side that lacks it.
    """
    key, ours, theirs, fields = found
    absent = ("",) * len(terms.fields)
    mine, reported = ours or absent, theirs or absent
    at = terms.fields.index
    return Break(
        key=dict(zip(terms.key, key, strict=True)),
        kind=kind_of(found),
        fields={name: field_break(name, mine[at(name)], reported[at(name)]) for name in fields},
    )


def field_break(name: str, ours: str, theirs: str) -> FieldBreak:
    """One field's two figures and what lies between them."""
    if name in WORDS:
        return FieldBreak(ours=ours or None, theirs=theirs or None, difference=None)
    apart = None
    if ours and theirs:
        apart = format(abs_of_zero(difference(ours, theirs)), "f")
    return FieldBreak(
        ours=plain(ours) if ours else None,
        theirs=plain(theirs) if theirs else None,
        difference=apart,
    )
