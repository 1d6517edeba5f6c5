"""Whatever arrives, a run comes to a plan, and the book it leaves fits together."""

from collections.abc import Iterator
from dataclasses import replace
from random import Random

from core.oddities import OddStep, odd_book, odd_policy, odd_steps
from core.seeds import holds_for_generated_histories
from tieout.core.book import Book
from tieout.core.codec import to_plain
from tieout.core.lots import total_quantity
from tieout.core.needs import history_needed
from tieout.core.plan import Plan
from tieout.core.policy import COST_BASES, Policy
from tieout.core.rebuilding import rebuild
from tieout.core.tieout import tie_out


def plan_of(book: Book, step: OddStep, policy: Policy) -> Plan:
    return tie_out(
        book,
        step.snapshot,
        step.activities,
        policy=policy,
        now=step.now,
        local=step.local,
        approve=step.approve,
    )


def lived(random: Random) -> Iterator[tuple[Book, OddStep, Policy, Plan, Book]]:
    book, policy = odd_book(random), odd_policy(random)
    for step in odd_steps(random):
        if random.random() < 0.1:
            policy = replace(policy, cost_basis=random.choice(COST_BASES))
        plan = plan_of(book, step, policy)
        after = book.after(plan)
        yield book, step, policy, plan, after
        book = after


@holds_for_generated_histories(share=0.03)
def test_whatever_arrives_every_position_is_the_sum_of_its_lots(random: Random) -> None:
    for _, _, _, _, after in lived(random):
        for key, ledger in after.ledgers.items():
            if ledger.position is not None:
                assert total_quantity(ledger.position.lots) == ledger.position.quantity, key


@holds_for_generated_histories(
    share=0.05, kept=(2885, 885, 1423, 1731, 2220, 2, 517, 20236, 41077, 60750, 62467)
)
def test_whatever_arrives_the_book_is_its_history_folded_again(random: Random) -> None:
    for _, _, _, _, after in lived(random):
        rebuilt = rebuild(after)
        for key, ledger in after.ledgers.items():
            assert to_plain(rebuilt[key]) == to_plain(ledger), key


@holds_for_generated_histories(share=0.03, kept=(85179,))
def test_whatever_arrives_the_plan_needs_no_more_than_it_asked_for(random: Random) -> None:
    for book, step, policy, plan, _ in lived(random):
        needed = history_needed(book, step.snapshot, step.activities, step.local)
        arriving = {activity.id for activity in step.activities}
        lean = replace(
            book,
            facts={key: facts for key, facts in book.facts.items() if key in needed},
            digests={key: known for key, known in book.digests.items() if key in arriving},
        )
        assert plan_of(lean, step, policy) == plan
