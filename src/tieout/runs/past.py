"""The book as it was: what had happened by a time, as far as we knew it at another."""

from collections.abc import Mapping
from datetime import datetime

from tieout.core.book import AccountId
from tieout.core.facts import Fact
from tieout.core.instrument import LedgerId
from tieout.core.movements import Method
from tieout.core.position import Ledger
from tieout.core.rebuilding import blank, folded_into
from tieout.core.rollforward import fold
from tieout.ports import BookStore


def ledgers_as_of(
    store: BookStore,
    account: AccountId,
    *,
    method: Method,
    as_of: datetime,
    known_at: datetime,
) -> Mapping[LedgerId, Ledger]:
    """The ledgers with the positions that were open at `as_of`, as known at `known_at`."""
    known = store.ledgers_as_of(account, known_at)
    if known_at <= as_of:
        return known
    facts = store.facts_until(account, as_of, known_at=known_at)
    return rebuilt(known, facts, method=method)


def rebuilt(
    ledgers: Mapping[LedgerId, Ledger],
    facts: Mapping[LedgerId, tuple[Fact, ...]],
    *,
    method: Method,
) -> Mapping[LedgerId, Ledger]:
    """The ledgers with the positions that these facts alone give."""
    start = {key: blank(each) for key, each in ledgers.items()}
    happened = [fact for key, each in facts.items() if key in start for fact in each]
    folded = fold(start, happened, method=method)
    return {key: folded_into(ledger, folded[key]) for key, ledger in ledgers.items()}
