"""A ledger entry that somebody made up is found, however carefully all hashes were made anew."""

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from core.driving import HOUR, Step, runs
from core.histories import BEGIN
from store.plans import ACCOUNT
from tieout.core.activity import Activity, ActivityId
from tieout.core.book import Account, Book
from tieout.core.codec import canonical
from tieout.core.instrument import Instrument
from tieout.core.journal import GENESIS, Entry, entries_of
from tieout.core.numbers import exact
from tieout.core.policy import Policy
from tieout.core.rebuilding import method_of_book
from tieout.store import succession
from tieout.store.succession import Succession, Unfit

ABROAD = replace(ACCOUNT, currency="CHF")
BOUGHT_TEN, BOUGHT_FIVE, SOLD_FOUR = ("10", "100.00"), ("5", "110.00"), ("-4", "130.00")


def fill(number: int, quantity: str, price: str, *, hour: int) -> Activity:
    return Activity(
        id=ActivityId(f"f{number}"),
        type="fill",
        symbol="AAPL",
        at=BEGIN + hour * HOUR,
        quantity=exact(quantity),
        price=exact(price),
    )


def journal(*hours: int, account: Account = ACCOUNT) -> list[Entry]:
    """Three fills of one stock, each heard of in a run of its own; the hours are theirs.

    What the dollar was worth in another currency is told with each.
    """
    told = [
        replace(fill(number, *what, hour=hour), base_rate=exact("0.9"))
        for number, (what, hour) in enumerate(
            zip((BOUGHT_TEN, BOUGHT_FIVE, SOLD_FOUR), hours or (1, 2, 3), strict=True), start=1
        )
    ]
    steps = [
        Step(activities=(each,), now=BEGIN + number * 10 * HOUR)
        for number, each in enumerate(told, start=1)
    ]
    chain: list[Entry] = []
    book = Book(account=account, instruments=(Instrument(symbol="AAPL"),))
    for number, made in enumerate(runs(book, steps, Policy())):
        chain += entries_of(
            made.plan,
            account=account.id,
            before=made.before.ledgers,
            run=f"r{number}",
            sequence=len(chain),
            previous=chain[-1].hash if chain else GENESIS,
        )
    return chain


def unfit(chain: Sequence[Entry], account: Account = ACCOUNT) -> Sequence[Unfit]:
    followed = Succession(method_of_book(Book(account=account)))
    for entry in chain:
        followed.take(entry)
    return followed.unfit()


def edited(chain: list[Entry], sequence: int, part: str, old: str, new: str) -> list[Entry]:
    """The journal with a text replaced in one part of an entry: before, after, changes, facts."""
    entry = chain[sequence - 1]
    start = entry.payload.index(f'"{part}":')
    head, rest = entry.payload[:start], entry.payload[start:]
    assert old in rest, rest
    changed = replace(entry, payload=head + rest.replace(old, new, 1))
    return [changed if each is entry else each for each in chain]


def test_a_journal_as_it_was_written_fits():
    assert unfit(journal()) == []
    assert unfit(journal(3, 1, 2)) == []


def test_an_entry_that_was_edited_is_named_and_not_the_next_one_of_its_ledger():
    found = unfit(edited(journal(), 3, "after", '"quantity":"15"', '"quantity":"25"'))
    assert [each.sequence for each in found] == [3]


def test_what_an_entry_says_it_found_is_edited_in_that_entry():
    found = unfit(edited(journal(), 5, "before", '"quantity":"15"', '"quantity":"25"'))
    assert [each.sequence for each in found] == [5]
    assert found[0].message == "entry 5 found AAPL otherwise than it was left"


@pytest.mark.parametrize("hours", [(1, 2, 3), (3, 1, 2)])
def test_two_entries_edited_to_agree_are_found_by_their_facts(hours: tuple[int, ...]):
    chain = edited(journal(*hours), 3, "after", '"quantity":"15"', '"quantity":"25"')
    found = unfit(edited(chain, 5, "before", '"quantity":"15"', '"quantity":"25"'))
    assert [each.sequence for each in found] == [3]
    assert "the facts of AAPL up to entry 3 give another position" in found[0].message


@pytest.mark.parametrize("hours", [(1, 2, 3), (3, 1, 2)])
@pytest.mark.parametrize(("net", "sequences"), [("196.000", [5]), (None, [])])
def test_a_base_value_is_found_where_it_was_made_up_and_may_be_left_out(
    hours: tuple[int, ...], net: str | None, sequences: list[int]
):
    chain = journal(*hours, account=ABROAD)
    assert unfit(chain, ABROAD) == []
    made = json.loads(chain[4].payload)["after"]["position"]["base"]
    assert made["currency"] == "CHF"
    other = "" if net is None else written(made | {"net": {"exact": net}})
    found = unfit(edited(chain, 5, "after", written(made), other), ABROAD)
    assert [each.sequence for each in found] == sequences


def written(base: object) -> str:
    return f'"base":{canonical(base)},'


def test_an_edited_fact_is_named_by_its_entry():
    found = unfit(edited(journal(), 3, "facts", '"price":"110.00"', '"price":"111.00"'))
    assert [each.sequence for each in found] == [3]


def test_a_first_entry_that_found_something_does_not_fit():
    chain = journal()
    assert [each.sequence for each in unfit(chain[2:])] == [3]


def test_late_entries_are_folded_again_only_so_often(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(succession, "FACTS_AGAIN_MAX", 1)
    chain = edited(journal(3, 1, 2), 3, "after", '"quantity":"15"', '"quantity":"25"')
    assert unfit(edited(chain, 5, "before", '"quantity":"15"', '"quantity":"25"')) == []
