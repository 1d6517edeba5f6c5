"""A statement in the JSON of a case file: a whole case, or one snapshot with activities."""

from tieout.bulk.faults import FileFault
from tieout.cases.fields import Faults, Fields
from tieout.cases.material import CaseFaults, Members, Number, parsed
from tieout.cases.reading import read_case
from tieout.cases.steps import read_steps
from tieout.core.snapshot import Failure, Snapshot
from tieout.venues.file.contents import Contents, Name
from tieout.venues.file.disk import Paper

ENVELOPE = ("account", "activities", "as_of", "complete", "holdings")
FAULTS_MAX = 5


def is_case_form(paper: Paper) -> bool:
    """Whether a file is one JSON object, not a list and not lines."""
    begins = paper.content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    return paper.path.suffix.lower() == ".json" and begins == b"{"


def contents_of(paper: Paper) -> Contents:
    """What it says. Raises FileFault with the paths of what is wrong."""
    try:
        top = parsed(paper.content)
        assert isinstance(top, Members), paper.name
        return _of_case(paper) if "steps" in top else _of_snapshot(paper, top)
    except CaseFaults as faults:
        said = "; ".join(str(each) for each in faults.faults[:FAULTS_MAX])
        raise FileFault(said, file=paper.name) from None


def _of_case(paper: Paper) -> Contents:
    """The last snapshot of a case, and all that happened in it."""
    case = read_case(paper.content)
    name: Name = case.account.id
    snapshots = [step.snapshot for step in case.steps if step.snapshot is not None]
    found = snapshots[-1] if snapshots else None
    if found is None:
        raise FileFault("none of its steps has a snapshot", file=paper.name)
    activities = tuple((name, each) for step in case.steps for each in step.activities)
    return _contents(name, found, activities=activities, instruments=case.instruments)


def _of_snapshot(paper: Paper, top: Members) -> Contents:
    """One snapshot as a step has it; whose it is and what happened stand beside its holdings."""
    unknown = [key for key in top if key not in ENVELOPE]
    if unknown or "holdings" not in top:
        message = f"has {', '.join(unknown)}" if unknown else "has no holdings"
        allowed = f"a statement has {', '.join(ENVELOPE)}, a case file has steps"
        raise FileFault(f"{message}; {allowed}", file=paper.name)
    name: Name = top.pop("account", None)  # type: ignore[assignment]
    is_text = isinstance(name, str) and not isinstance(name, Number) and name.strip()
    if name is not None and not is_text:
        raise FileFault("$.account: must be a text", file=paper.name)
    # Without a time of its own it is of when the file was written, which is settled later.
    has_time = top.get("as_of") is not None
    step = Members([("activities", top.pop("activities", None)), ("snapshot", top)])
    if not has_time:
        step["at"] = paper.written_at.isoformat()
    faults = Faults()
    (read,) = read_steps(Fields(Members([("steps", [step])]), "$", faults))
    faults.refuse()
    assert isinstance(read.snapshot, Snapshot), paper.name
    activities = tuple((name, each) for each in read.activities)
    return _contents(name, read.snapshot, activities=activities, has_time=has_time)


def _contents(
    name: Name, found: Snapshot | Failure, *, has_time: bool = True, **rest: object
) -> Contents:
    accounts = frozenset([name] if name else [])
    if isinstance(found, Failure):
        return Contents(accounts=accounts, failure=found, **rest)  # type: ignore[arg-type]
    return Contents(
        accounts=accounts,
        holdings=tuple((name, each) for each in found.holdings),
        told_at=((name, found.as_of),) if has_time else (),
        is_complete=found.complete,
        **rest,  # type: ignore[arg-type]
    )
