"""What came of a replay in words, for people."""

from tieout.core.numbers import plain
from tieout.replay.judging import Judge
from tieout.replay.result import Counts, Result

ACCOUNT_LENGTH_MAX = 10


def answer(result: Result) -> str:
    """Whether all agrees; else how much does not."""
    if result.agrees:
        return "No gaps, no differences."
    wrong = [
        (len(result.gaps), "gap", "gaps"),
        (len(result.differ), "closing differs", "closings differ"),
        (len(result.apart_differ), "spot sale differs", "spot sales differ"),
        (len(result.refused), "row not applied", "rows not applied"),
        (result.passed_over, "row not used", "rows not used"),
    ]
    words = [f"{n:,} {one if n == 1 else many}" for n, one, many in wrong if n]
    return f"NOT all agrees: {', '.join(words)}."


def counted(amount: int, noun: str) -> str:
    """A number of things.

    >>> counted(1, "fill"), counted(12799, "fill")
    ('1 fill', '12,799 fills')
    """
    return f"{amount:,} {noun}" if amount == 1 else f"{amount:,} {noun}s"


def sentences(counts: Counts, judge: Judge) -> list[str]:
    """How many closings there are, of how many the entry is known, and how many agree."""
    total = counts.known + counts.unknown_entry
    lines = []
    if total:
        lines.append(f"{counted(total, 'closing')}, {counts.known:,} of known entry.")
    if counts.judged:
        within = plain(judge.tolerance)
        whose = "the venue" if judge.has_method else "the file's own figures"
        figure = f"{counts.agree:,} of {counts.judged:,} agree with {whose} to {within}"
        lines.append(f"{figure}, {judge.words}.")
    return lines


def lost_sentences(counts: Counts, apart: Counts) -> list[str]:
    """What is not known, and what is counted apart."""
    lines = []
    if counts.unknown_entry:
        lines.append(
            f"{counted(counts.unknown_entry, 'closing')} opened across a gap or before the file: "
            "what they realized is not known."
        )
    if apart.known:
        agreed = f"; {apart.agree:,} of {apart.judged:,} agree with the venue"
        figure = agreed if apart.judged else ""
        lines.append(f"{counted(apart.known, 'spot sale')}, counted apart{figure}.")
    return lines


def exact_word(result: Result) -> str:
    """What tells our own figure from the one by the venue's method."""
    method = result.judge.method
    has_other_basis = method is not None and method.cost_basis != result.cost_basis
    return f"by {result.cost_basis} cost" if has_other_basis else "exactly"


def shortened(account: str) -> str:
    """A wallet by its ends.

    >>> shortened("0x513b8629fe877bb581bf244e326a047b249c4ff1"), shortened("U1234567")
    ('0x51..4ff1', 'U1234567')
    """
    return account if len(account) <= ACCOUNT_LENGTH_MAX else f"{account[:4]}..{account[-4:]}"
