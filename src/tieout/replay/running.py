"""START HERE. A file replayed: read, put in order, followed, folded, compared with the venue."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from tieout.bulk.faults import FileFault
from tieout.core.movements import Method
from tieout.core.policy import CostBasis
from tieout.replay.continuity import Continuity
from tieout.replay.counting import Counting
from tieout.replay.export import Export
from tieout.replay.files import open_file
from tieout.replay.folding import Folding, Portion
from tieout.replay.ledgers import Ledgers
from tieout.replay.order import ROWS_PER_REPORT, Progress, moments, surveyed
from tieout.replay.readers import export_of
from tieout.replay.result import By, Result


def replay_file(
    name: str,
    *,
    venue: str | None = None,
    cost_basis: CostBasis = "average",
    by: By | None = None,
    stdin: BinaryIO | None = None,
    progress: Progress = lambda _doing, _fills: None,
) -> Result:
    """Replay one file. Raises `FileFault` with the place where it cannot be read."""
    with TemporaryDirectory(prefix="tieout-") as folder:
        file = open_file(name, stdin=stdin, folder=Path(folder))
        export = export_of(file, venue)
        return replay(export, cost_basis=cost_basis, by=by, progress=progress)


def replay(export: Export, *, cost_basis: CostBasis, by: By | None, progress: Progress) -> Result:
    """Replay an export: what was realized and what is held, gaps, differences."""
    survey = surveyed(export, progress)
    ledgers = Ledgers(export)
    continuity = Continuity(ledgers)
    folding = Folding(
        ledgers,
        method=method_of(export, cost_basis),
        venue_method=export.judge.method,
    )
    counting = Counting(export, ledgers, by=by)
    rows = 0
    for together in moments(export, survey):
        if folding.is_full or counting.is_new_day(together[0]):
            count(counting, folding.fold(), cost_basis)
        counting.begin(together[0])
        for step in continuity.steps(together):
            folding.add(step)
            counting.see(step)
        rows += len(together)
        if rows % ROWS_PER_REPORT < len(together):
            progress("replaying", rows)
    count(counting, folding.fold(), cost_basis)
    return counting.result(survey, gaps=continuity.gaps, book=folding.book, cost_basis=cost_basis)


def method_of(export: Export, cost_basis: CostBasis) -> Method:
    """The method asked for, with the venue's own cutting where it is the venue's basis too."""
    venue = export.judge.method
    if venue is not None and venue.cost_basis == cost_basis:
        return venue
    return Method(cost_basis=cost_basis)


def count(counting: Counting, portion: Portion, cost_basis: CostBasis) -> None:
    """Count a portion; under `specific` a closing that names no lot is a fault of the file."""
    for fill, why in portion.refused:
        if cost_basis == "specific" and "lot" in why:
            raise FileFault(why, file=counting.name, place=f"row {fill.row}", column="lot")
    counting.count(portion)
