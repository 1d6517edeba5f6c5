"""The result of tying out two files, in a form that people and programs read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tieout.bulk.comparison import Break, Found, Terms, break_of, counted
from tieout.bulk.plain import Outcome
from tieout.bulk.sheet import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """How two files tie out: rows on each side, keys on both, and every break."""

    ours_name: str
    theirs_name: str
    ours: int
    theirs: int
    matched: int
    key: tuple[str, ...]
    fields: tuple[str, ...]
    left_out: tuple[str, ...]
    """Columns of either file that were not compared."""
    counts: Mapping[str, int]
    terms: Terms
    found: Sequence[Found]

    @property
    def is_tied_out(self) -> bool:
        """Whether nothing is left unexplained."""
        return not self.found

    def breaks(self) -> Iterator[Break]:
        """Every break in the order of the keys, worked out one at a time."""
        for found in self.found:
            yield break_of(found, terms=self.terms)


def statement_of(outcome: Outcome, *, ours: Side, theirs: Side, terms: Terms) -> Statement:
    """What an engine found, counted by kind."""
    columns = dict.fromkeys([*(ours.columns or ()), *(theirs.columns or ())])
    return Statement(
        ours_name=ours.name,
        theirs_name=theirs.name,
        ours=outcome.ours,
        theirs=outcome.theirs,
        matched=outcome.matched,
        key=terms.key,
        fields=terms.fields,
        left_out=tuple(name for name in columns if name not in terms.columns),
        counts=counted(outcome.found, terms=terms),
        terms=terms,
        found=outcome.found,
    )
