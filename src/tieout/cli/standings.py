"""How the accounts of a book stand, from what their last runs said."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tieout.cli.tables import Standing
    from tieout.core.book import Account
    from tieout.ports import RunRecord
    from tieout.wiring import Desk

RUNS_LOOKED_AT = 50


def standing_in(opened: "Desk", account: "Account") -> "Standing":
    """How an account stands; what a person decided since about a break does not change that."""
    from tieout.cli.tables import Standing

    runs = opened.store.runs(account.id, limit=RUNS_LOOKED_AT)
    last = _telling(runs)
    breaks = opened.store.load(account).book.open_breaks.values()
    return Standing(
        name=opened.name_of(account.id),
        venue=account.venue,
        outcome=last.outcome if last else None,
        reason=last.reason if last else None,
        tied_out=last.tied_out if last else None,
        at=last.finished_at if last else None,
        breaks=sum(each.prevents_tie_out for each in breaks),
        errors=last.errors if last else (),
        is_retired=opened.settings.is_retired(account.id),
    )


def _telling(runs: "Sequence[RunRecord]") -> "RunRecord | None":
    """The run that says how an account stands: the last reading, or its rejection."""
    rejection = None
    for each in runs:
        if each.tied_out is not None:
            return rejection if rejection is not None and each.outcome == "held" else each
        if each.outcome == "rejected":
            rejection = each
    return None


def is_good(standing: "Standing") -> bool:
    """Whether there is nothing to look at."""
    return standing.is_retired or standing.tied_out is True


def standing_json(account: "Account", standing: "Standing") -> dict[str, Any]:
    """The same for a program."""
    return {
        "account": account.id,
        "name": standing.name,
        "venue": account.venue,
        "currency": account.currency,
        "tied_out": standing.tied_out,
        "is_retired": standing.is_retired,
        "outcome": standing.outcome,
        "reason": standing.reason,
        "last_run_at": standing.at,
        "breaks": standing.breaks,
        "errors": list(standing.errors),
    }
