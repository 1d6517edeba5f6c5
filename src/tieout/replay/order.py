"""Fills in the order in which they happened, whichever way round the export has them.

The file is read once to see what it holds and in which order. What is not long is then at hand;
a long file is read again, and where its rows go forward in time, as most do, they stream, so that
it needs little memory. Else its rows are sorted. A file with the newest first is turned round, so
that fills of equal times keep the order in which they happened.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby

from tieout.bulk.faults import FileFault
from tieout.core.activity import missing_fields
from tieout.core.explaining import Allocation
from tieout.core.facts import Happened
from tieout.core.instrument import LedgerId
from tieout.replay.export import Export, Fill

ROWS_PER_REPORT = 10_000
ROWS_KEPT_MAX = 50_000
"""Of a file with no more rows they are kept, so that it is read only once."""

Execution = tuple[str | None, str, str]
# Told what is being done, and how many fills were seen so far.
Progress = Callable[[str, int], None]


@dataclass(slots=True)
class Survey:
    """What a first reading of a file shows.

    `is_forward` and `is_backward` say whether the times of each account only go one way,
    `has_undone` whether there are rows that take others back or correct them. `accounts` has the
    last time of each, `versions` the highest version of each execution; `corrected` counts the
    lower ones, `remarks` is what turned out to be of no use, `kept` all fills of a file that is
    not long.
    """

    rows: int = 0
    accounts: dict[str | None, datetime] = field(default_factory=dict)
    first_at: datetime | None = None
    last_at: datetime | None = None
    is_forward: bool = True
    is_backward: bool = True
    has_undone: bool = False
    versions: dict[Execution, int] = field(default_factory=dict)
    corrected: int = 0
    remarks: list[str] = field(default_factory=list)
    kept: list[Fill] | None = field(default_factory=list)

    def see(self, fill: Fill) -> None:
        """Take one more row into account."""
        self.rows += 1
        if self.kept is not None:
            self.kept.append(fill)
            self.kept = self.kept if self.rows < ROWS_KEPT_MAX else None
        before = self.accounts.get(fill.account)
        if before is not None and fill.at != before:
            self.is_forward = self.is_forward and fill.at > before
            self.is_backward = self.is_backward and fill.at < before
        self.accounts[fill.account] = fill.at
        self.first_at = fill.at if self.first_at is None else min(self.first_at, fill.at)
        self.last_at = fill.at if self.last_at is None else max(self.last_at, fill.at)
        self.has_undone = self.has_undone or fill.activity.cancels is not None
        self._see_version(fill)

    def _see_version(self, fill: Fill) -> None:
        if fill.version is None:
            return
        execution, number = execution_of(fill), fill.version[1]
        highest = self.versions.setdefault(execution, number)
        if number != highest:
            self.has_undone = True
            self.versions[execution] = max(number, highest)

    def is_corrected(self, fill: Fill) -> bool:
        """Whether the file has a later version of this execution."""
        if fill.version is None:
            return False
        return fill.version[1] < self.versions[execution_of(fill)]


def execution_of(fill: Fill) -> Execution:
    """The execution that a fill is a version of: of its account and instrument."""
    assert fill.version is not None, fill.row
    return fill.account, fill.instrument, fill.version[0]


def surveyed(export: Export, progress: Progress) -> Survey:
    """Read the file once. Raises `FileFault` where a row cannot be used."""
    survey = Survey()
    for fill in export.fills():
        require_whole(export, fill)
        survey.see(fill)
        if survey.rows % ROWS_PER_REPORT == 0:
            progress("reading", survey.rows)
    return survey


def require_whole(export: Export, fill: Fill) -> None:
    """Refuse a fill without what its type needs, or of nothing at all."""
    activity = fill.activity
    missing = () if activity.cancels else missing_fields(activity)
    place = f"row {fill.row}"
    if missing:
        article = "an" if activity.type[0] in "aeiou" else "a"
        message = f"{article} {activity.type} needs {' and '.join(missing)}"
        raise FileFault(message, file=export.name, place=place, column=missing[0])
    if activity.quantity is not None and not activity.quantity and activity.type != "dividend":
        raise FileFault("must not be 0", file=export.name, place=place, column="quantity")


def moments(export: Export, survey: Survey) -> Iterator[list[Fill]]:
    """The fills in the order in which they happened; together where a moment has no order."""
    fills = in_order(export, survey)
    if export.is_ordered:
        for fill in fills:
            yield [fill]
        return
    for _, together in groupby(fills, key=lambda fill: (fill.account, fill.at)):
        yield list(together)


def in_order(export: Export, survey: Survey) -> Iterator[Fill]:
    """The fills of one account after the other, by time, equal times as they happened."""
    source = export.fills() if survey.kept is None else survey.kept
    if survey.is_forward and not survey.has_undone:
        yield from source
        return
    fills = list(source)
    if survey.is_backward and not survey.is_forward and export.is_ordered:
        fills.reverse()
    fills.sort(key=lambda fill: (fill.account or "", fill.at))
    if not survey.has_undone:
        yield from fills
        return
    for _, of_account in groupby(fills, key=lambda fill: fill.account):
        yield from without_undone(list(of_account), survey)
    if survey.corrected:
        remark = f"{survey.corrected} x an execution that a later one corrects: not counted"
        survey.remarks.append(remark)


def without_undone(fills: list[Fill], survey: Survey) -> Iterator[Fill]:
    """Leave out what was corrected or taken back, and what does nothing but take it back."""
    facts = [
        Happened(ledger=LedgerId(""), order=place, at=fill.at, activity=fill.activity)
        for place, fill in enumerate(fills)
    ]
    judged = Allocation.of(facts)
    for fill in fills:
        activity = fill.activity
        if survey.is_corrected(fill):
            survey.corrected += 1
        elif activity.id in judged.waiting:
            survey.remarks.append(
                f"row {fill.row} takes back {activity.cancels}, which is not here"
            )
        elif activity.id not in judged.dropped:
            yield replace(fill, activity=replace(activity, cancels=None))
