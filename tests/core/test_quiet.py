"""Rows that have not changed cost one look; the outcome is that of looking with care."""

from dataclasses import replace
from random import Random

from core.driving import Step, empty_book, run, runs
from core.histories import Flavour, history, snapshot
from core.seeds import holds_for_generated_histories
from core.stories import SECOND, story
from core.test_properties import any_policy
from scenario import check
from tieout.core.plan import Plan
from tieout.core.snapshot import Holding

LIVED = Flavour(renames_max=0, refusals=False)


@holds_for_generated_histories(share=0.03)
def test_rows_in_other_digits_give_the_same_plan(random: Random) -> None:
    """A row that only repeats the characters of the last one is not compared; this one is."""
    lived = history(random, LIVED)
    policy = any_policy(random, lived)
    book = list(runs(empty_book(lived), story(random, lived), policy))[-1].after
    at = lived.end_at + 5 * SECOND
    truth = snapshot(lived.truth(), at=at, random=random)
    marks = {row.symbol: row for row in book.marks.values()}
    rows = tuple(marks.get(row.symbol, row) for row in truth.holdings if random.random() < 0.9)
    sight = replace(truth, holdings=rows)
    careful = replace(truth, holdings=tuple(map(rewritten, rows)))
    quick = run(book, Step(snapshot=sight, now=at), policy).plan
    assert said(run(book, Step(snapshot=careful, now=at), policy).plan) == said(quick)


def rewritten(row: Holding) -> Holding:
    """The same quantity with another zero."""
    assert row.quantity is not None
    zero = "0" if "." in row.quantity else ".0"
    return row._replace(quantity=f"{row.quantity}{zero}")


def said(plan: Plan) -> list[object]:
    """A plan but for the characters of its rows."""
    breaks = [replace(each, row=None) for each in plan.breaks]
    facts = [replace(fact, order=0) for fact in plan.facts]
    told = (plan.outcome, plan.tied_out, plan.changes, plan.errors, plan.alerts, plan.ended)
    return [*told, breaks, facts, plan.ledgers, plan.marked, plan.unchanged]


def test_a_row_that_comes_twice_is_one_row_though_nothing_changed():
    check("""
        book    AAPL 10 @ 100
        book    MSFT 5 @ 50
        broker  AAPL 10 @ 100
        broker  MSFT 5 @ 50
        ---
        broker  AAPL 10 @ 100
        broker  AAPL 10 @ 100
        broker  MSFT 5 @ 50
        =>      break duplicate AAPL  unchanged 2  tied out
    """)


def test_two_spellings_of_one_position_contradict_each_other_though_one_is_unchanged():
    check("""
        book    BTC/USD 1 @ 100
        broker  BTC/USD 1 @ 100
        ---
        broker  BTC/USD 1 @ 100
        broker  BTC-USD 2 @ 100
        =>      invalid BTC/USD FAILED  partial  not tied out and more
    """)


def test_an_unchanged_row_with_an_id_and_one_without_are_one_position():
    check("""
        book    AAPL 10 @ 100 id 7
        broker  AAPL 10 @ 100 id 7
        ---
        broker  AAPL 10 @ 100 id 7
        broker  AAPL 10 @ 100
        =>      book AAPL 10 @ 100  and more
    """)


def test_the_order_of_the_rows_does_not_matter():
    for second in ("AAPL MSFT TSLA", "TSLA AAPL MSFT", "MSFT TSLA AAPL"):
        rows = "\n".join(f"broker {symbol} 10 @ 100" for symbol in second.split())
        check(f"""
            book    AAPL 10 @ 100
            book    MSFT 10 @ 100
            book    TSLA 10 @ 100
            broker  AAPL 10 @ 100
            broker  MSFT 10 @ 100
            broker  TSLA 10 @ 100
            ---
            {rows}
            =>      unchanged 3  nothing else  tied out
        """)


def test_an_unchanged_row_is_looked_at_when_something_has_happened():
    check("""
        book     AAPL 10 @ 100 actual
        broker   AAPL 10 @ 100 price 101
        ---
        fill f1  AAPL -4 @ 130
        broker   AAPL 10 @ 100 price 101
        =>       break quantity AAPL 6 -> 10 and more
    """)


def test_a_kept_difference_is_looked_at_until_it_is_gone():
    check("""
        policy  truth manual
        book    AAPL 10 @ 100
        broker  AAPL 9 @ 100
        ---
        local   keep_book AAPL
        broker  AAPL 9 @ 100
        =>      book AAPL 10 SYNCED and more
        ---
        broker  AAPL 9 @ 100
        =>      tied out  nothing else
        ---
        broker  AAPL 10 @ 100
        =>      tied out  nothing else
        ---
        broker  AAPL 9 @ 100
        =>      break quantity AAPL 10 -> 9 seen 1 open  not tied out
    """)


def test_a_kept_average_is_kept_while_theirs_stays():
    check("""
        policy  truth manual
        book    AAPL 10 @ 100
        broker  AAPL 10 @ 105
        =>      break cost AAPL 100 -> 105 open
        ---
        local   keep_book AAPL
        broker  AAPL 10 @ 105
        =>      book AAPL 10 @ 100 SYNCED  tied out and more
        ---
        broker  AAPL 10 @ 106
        =>      break cost AAPL 100 -> 106 seen 1 open  not tied out
    """)


def test_an_average_of_fills_we_refused_explains_nothing():
    """The refused sale would leave six; the average of six says nothing about ten."""
    check("""
        policy   cost_basis specific
        book     AAPL 10 lots 5 @ 90 2026-01-02, 5 @ 110 2026-01-03
        fill f1  AAPL -4 @ 120
        broker   AAPL 10 @ 101
        =>       error f1 "lot"  break cost AAPL 100 -> 101 and more
    """)


def test_after_an_adoption_the_venues_average_is_compared_though_its_row_did_not_change():
    check("""
        account venue ibkr history partial
        fill f1  AAPL 100 @ 150 at 14:00
        broker   AAPL 100 @ 160
        =>       created AAPL 0 -> 100 @ 150 SYNCED by nothing  tied out
        ---
        broker   AAPL 100 @ 160
        =>       break cost AAPL open seen 1 and more  not tied out
    """)


def test_an_adopted_average_that_is_not_compared_in_the_next_run_is_compared_later():
    check("""
        account venue ibkr history partial
        fill f1  AAPL 100 @ 150 at 14:00
        broker   AAPL 100 @ 160
        ---
        fill f2  MSFT 1 @ 400
        ---
        broker   AAPL 100 @ 160
        broker   MSFT 1 @ 400
        =>       break cost AAPL open seen 1 and more  not tied out
    """)
