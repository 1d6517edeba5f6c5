"""The book as it was: what had happened by a time, as far as we knew it at another."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from tieout.core.book import AccountId
from tieout.core.facts import Fact
from tieout.core.instrument import LedgerId
from tieout.core.movements import Method
from tieout.core.policy import Policy
from tieout.core.position import Ledger
from tieout.core.rollforward import fold
from tieout.ports import BookStore


def method_of(policy: Policy, *, venue: str) -> Method:
    """How cost is kept in an account."""
    return Method(cost_basis=policy.cost_basis, truncates=venue == "hyperliquid")


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
    blank = {key: replace(each, position=None, booked=()) for key, each in ledgers.items()}
    happened = [fact for key, each in facts.items() if key in blank for fact in each]
    folded = fold(blank, happened, method=method)
    return {
        key: replace(ledger, instrument=folded[key].instrument, position=folded[key].position)
        for key, ledger in ledgers.items()
    }
