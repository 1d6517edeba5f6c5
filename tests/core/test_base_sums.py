"""The sum of an episode's closings in base currency, by itself and over any history."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from random import Random

import pytest

from core.driving import Step, in_any_order, policy_of, run, runs, steps_of, whole_fold
from core.histories import ANYTHING, Flavour, History, history
from core.seeds import holds_for_generated_histories
from core.stories import story
from scenario import read
from tieout.cases.running import run_case
from tieout.core.activity import Activity, ActivityId
from tieout.core.book import Account, AccountId, Book
from tieout.core.pnl import BaseFigure, Totals, base_of
from tieout.core.policy import Policy
from tieout.core.rebuilding import is_as_folded, rebuild
from tieout.core.working import Folded

REDUCED = """
    instrument XYZ EUR
    fill f1 XYZ 10 @ 100 rate 1.10 at 14:00
    fill f2 XYZ -4 @ 110 rate 1.20 at 14:10
"""


# Books from before there was one


def test_a_position_from_before_there_was_a_sum_is_as_its_facts_give_it():
    book = run_case(read(REDUCED).case).book
    (ledger,) = book.ledgers.values()
    held = ledger.position
    assert held is not None
    assert held.base is not None
    older = replace(held, base=None)
    assert is_as_folded(held, held)
    assert is_as_folded(older, held)
    assert is_as_folded(None, None)
    assert not is_as_folded(held, older)
    assert not is_as_folded(replace(held, base=held.base.negated()), held)
    assert not is_as_folded(replace(older, quantity=Decimal(7)), held)
    assert not is_as_folded(None, held)
    assert not is_as_folded(older, None)


@pytest.mark.parametrize(("minutes", "net"), [(5, "132.00"), (15, None)], ids=["late", "next"])
def test_a_sum_that_was_not_kept_is_known_once_all_is_folded_again(minutes, net):
    book = run_case(read(REDUCED).case).book
    ((key, ledger),) = book.ledgers.items()
    assert ledger.position is not None
    older = replace(ledger, position=replace(ledger.position, base=None))
    sold = Activity(
        id=ActivityId("f3"),
        type="fill",
        symbol="XYZ",
        at=datetime(2026, 11, 20, 14, minutes, tzinfo=UTC),
        quantity=Decimal(-2),
        price=Decimal(110),
        base_rate=Decimal("1.20"),
    )
    step = Step(activities=(sold,), now=datetime(2026, 11, 20, 16, tzinfo=UTC))
    after = run(replace(book, ledgers={key: older}), step, Policy()).after.ledgers[key].position
    assert after is not None
    assert (after.base.net.text() if after.base else None) == net


# Any history


ONE_TRADED = Flavour(instruments_max=1, transfers=False, unknown_costs=False)


def rated(random: Random, activity: Activity, *, share: float) -> Activity:
    """The activity, in a share of cases with what its currency was worth at the time."""
    if random.random() >= share:
        return activity
    return replace(activity, base_rate=Decimal(random.choice(("1.10", "0.9", "1.3333", "7"))))


def abroad(random: Random) -> tuple[Book, History]:
    """A history in an account of francs, of whose rates all, most or some are known."""
    lived = history(random, random.choice((ANYTHING, ONE_TRADED)))
    share = random.choice((1, 1, 1, 0.9, 0.5))
    told = tuple(rated(random, each, share=share) for each in lived.activities)
    account = Account(id=AccountId("main"), venue="alpaca", currency="CHF")
    return Book(account=account, instruments=lived.instruments), replace(lived, activities=told)


def expected_base(folded: Folded, opened_by: str, totals: Totals) -> BaseFigure | None:
    mine = [closing for episode, closing in folded.closings if episode == opened_by]
    return base_of(mine, totals.of(folded.instrument.settled_in))


@holds_for_generated_histories(share=0.06)
def test_the_base_value_of_an_episode_is_the_sum_of_its_closings(random: Random) -> None:
    book, lived = abroad(random)
    policy = policy_of(lived)
    if random.random() < 0.5:
        steps = steps_of(random, in_any_order(random, lived.activities), at=lived.end_at)
    else:
        policy = policy_of(lived, on_missing="close", missing_confirmations=1)
        steps = story(random, lived)
    for made in runs(book, steps, policy):
        assert rebuild(made.after) == made.after.ledgers
        for folded in whole_fold(made.after, policy).values():
            for each in folded.ended:
                assert each.base == expected_base(folded, each.opened_by, each.totals)
            if folded.position is not None:
                held = folded.position
                assert held.base == expected_base(folded, held.opened_by, held.totals)
