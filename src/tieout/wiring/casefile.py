"""A run that was kept, as the text of a case file."""

from tieout.cases.case import Case, Step
from tieout.cases.writing import case_of, case_text
from tieout.ports import Store
from tieout.runs.story import story_of


def case_text_of(store: Store, run_id: str, *, is_whole: bool = False) -> str:
    """The run with what it was made from; `is_whole` begins with the first run of the account."""
    story = story_of(store, run_id, is_whole=is_whole)
    steps = tuple(
        Step(
            at=each.at,
            activities=each.activities,
            local=each.local,
            snapshot=each.snapshot if each.snapshot is not None else each.failure,
            approve=each.approve,
        )
        for each in story.steps
    )
    case: Case = case_of(story.book, policy=story.policy, steps=steps)
    return case_text(case)
