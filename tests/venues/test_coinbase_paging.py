"""Lists of Coinbase are read to their proven end, or not at all."""

import json
from datetime import timedelta

import pytest

from tieout.core.errors import VenueReplyInvalid, VenueUnavailable
from tieout.venues.coinbase.limits import Limits
from venues.coinbase import NOW, Bench
from venues.coinbase_rows import fill, wallet
from venues.coinbase_stub import ACCOUNTS, FILLS
from venues.stub import Said, said


@pytest.fixture
def bench():
    bench = Bench()
    yield bench
    bench.close()


def page(rows, *, has_next=False, cursor="", **fields):
    return {"accounts": rows, "has_next": has_next, "cursor": cursor, "size": len(rows), **fields}


def coins(count):
    return [wallet(f"C{number:03d}", "1.5") for number in range(count)]


def held(found):
    return {each.symbol: each.quantity for each in found.snapshot.holdings}


def test_all_pages_of_accounts_are_read(bench):
    bench.stub.wallets = coins(120)
    bench.stub.page_rows_max = 49
    found = bench.read()
    assert found.snapshot.complete
    assert len(held(found)) == 120
    assert [asked.path for asked in bench.stub.asked].count(ACCOUNTS) == 3


def test_a_page_of_49_of_49_is_the_end_only_if_it_says_so(bench):
    bench.stub.wallets = coins(49)
    bench.stub.page_rows_max = 49
    assert len(held(bench.read())) == 49
    bench.stub.say(ACCOUNTS, said(page(coins(49), has_next=True, cursor="2")), said(page([])))
    assert len(held(bench.read())) == 49
    assert [asked.query.get("cursor") for asked in bench.stub.asked if asked.path == ACCOUNTS] == [
        None, None, "2",
    ]  # fmt: skip


def test_case_04_when_one_page_fails_nothing_is_said_of_any(bench):
    bench.stub.wallets = [wallet("BTC", "1"), wallet("SOL", "20")]
    bench.stub.page_rows_max = 1
    bench.tie_out()
    first = page([wallet("BTC", "2")], has_next=True, cursor="1")
    bench.stub.say(ACCOUNTS, said(first), Said(status=500))
    with pytest.raises(VenueUnavailable):
        bench.tie_out()
    bench.stub.heal()
    plan = bench.tie_out()
    assert plan.tied_out
    assert plan.changes == ()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (page(coins(2), has_next=True, cursor="1"), "a cursor came twice"),
        (page(coins(2), has_next=True, cursor=""), "no cursor to them"),
        (page(coins(2), has_next=True, cursor=None), "no cursor to them"),
        (page(coins(2), has_next=None), "says whether there are more"),
        (page(coins(2), has_next="false"), "says whether there are more"),
        (page(coins(2), size=3), "says it has 3 accounts, but 2 came"),
        ({"has_next": False}, "instead of a page of accounts"),
        ({}, "an empty object instead of a page of accounts"),
        ({"accounts": None, "has_next": False}, "a page of accounts"),
        ({**page([]), "error": "INTERNAL"}, "an error object .INTERNAL. instead of a page of"),
        ({**page(coins(2)), "error": {"message": "planted"}}, "an error object .planted."),
    ],
)
def test_a_list_that_does_not_prove_its_end_is_refused(bench, body, words):
    bench.stub.say(ACCOUNTS, said(body))
    with pytest.raises(VenueReplyInvalid, match=words):
        bench.read()


def test_pages_without_end_are_given_up():
    bench = Bench(Limits(read_s=5, call_s=5, connect_s=5, pages_max=3))
    bench.stub.page_rows_max = 1
    bench.stub.wallets = coins(4)
    with pytest.raises(VenueReplyInvalid, match="more than 3 pages of accounts"):
        bench.read()
    bench.close()


def test_an_account_that_moved_between_two_pages_is_not_believed_twice(bench):
    bench.stub.say(
        ACCOUNTS,
        said(page([wallet("BTC", "1")], has_next=True, cursor="1")),
        said(page([wallet("BTC", "2")])),
    )
    with pytest.raises(VenueReplyInvalid, match="came twice with different balances"):
        bench.read()


def test_an_account_that_comes_twice_alike_counts_once(bench):
    bench.stub.say(
        ACCOUNTS,
        said(page([wallet("BTC", "1")], has_next=True, cursor="1")),
        said(page([wallet("BTC", "1")])),
    )
    assert held(bench.read()) == {"BTC-USD": "1"}


def test_all_pages_of_fills_are_read_though_only_an_empty_cursor_ends_them(bench):
    bench.stub.page_rows_max = 7
    bench.stub.fills = [fill(number, NOW - timedelta(hours=number)) for number in range(1, 31)]
    found = bench.read()
    assert len(found.activities) == 30
    assert [asked.path for asked in bench.stub.asked].count(FILLS) == 5


def test_a_cursor_of_fills_that_comes_twice_is_an_error(bench):
    rows = [fill(1, NOW - timedelta(hours=1))]
    bench.stub.say(FILLS, said({"fills": rows, "cursor": "31971874"}))
    with pytest.raises(VenueReplyInvalid, match="a cursor came twice"):
        bench.read()


@pytest.mark.parametrize("body", [{}, {"fills": None, "cursor": ""}, [], None, "x"])
def test_a_page_without_fills_is_not_a_page_with_none(bench, body):
    bench.stub.say(FILLS, said(body))
    with pytest.raises(VenueReplyInvalid, match="a page of fills"):
        bench.read()


def test_fills_are_asked_for_since_the_last_one_and_a_little_before(bench):
    bench.stub.trade("BTC-USD", "1")
    bench.clock.advance(60)
    cursor = bench.read().cursor
    bench.stub.forget()
    bench.clock.advance(3600)
    bench.read(cursor=cursor)
    (asked,) = [each for each in bench.stub.asked if each.path == FILLS]
    assert asked.query["start_sequence_timestamp"] == "2026-11-20T15:15:00Z"


def test_a_fill_that_is_listed_after_a_later_one_is_not_lost(bench):
    bench.stub.trade("BTC-USD", "1")
    bench.clock.advance(60)
    cursor = bench.read().cursor
    late = fill(99, NOW - timedelta(minutes=2))
    bench.stub.fills.append(late)
    found = bench.read(cursor=cursor)
    assert "entry-000099" in {each.id for each in found.activities}


def test_a_history_too_long_for_one_reading_is_read_in_several():
    bench = Bench(Limits(read_s=5, call_s=5, connect_s=5, pages_max=3))
    bench.stub.page_rows_max = 2
    bench.stub.hold("BTC", "20", cost="2000")
    bench.stub.fills = [fill(number, NOW - timedelta(hours=number)) for number in range(1, 21)]
    seen: set[str] = set()
    cursor, readings = None, 0
    while True:
        found = bench.read(cursor=cursor)
        cursor = found.cursor
        seen |= {each.id for each in found.activities}
        readings += 1
        if found.snapshot.complete:
            break
        assert [each.symbol for each in found.snapshot.holdings] == [""]
        assert readings < 10
    assert len(seen) == 20
    assert readings == 6
    assert held(found) == {"BTC-USD": "20"}
    bench.close()


def test_a_cursor_of_another_portfolio_or_version_starts_over(bench):
    bench.stub.trade("BTC-USD", "1")
    bench.clock.advance(60)
    cursor = json.loads(bench.read().cursor)
    for other in ({**cursor, "portfolio": "x"}, {**cursor, "version": 99}):
        assert len(bench.read(cursor=json.dumps(other)).activities) == 1
    assert len(bench.read(cursor="no cursor").activities) == 1
