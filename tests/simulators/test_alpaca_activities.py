"""What happened, as `/v2/account/activities` tells it: rows, filters and pages."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tieout.simulators.alpaca import AlpacaSimulator, Dialect, running
from tieout.simulators.alpaca_activities import activity_id, listed

from .conftest import Caller

PATH = "/v2/account/activities"


def every_page(call: Caller, **query) -> list[str]:
    """The ids of all pages, until an empty one."""
    found: list[str] = []
    while page := call.get(PATH, **query).json():
        found += [row["id"] for row in page]
        query["page_token"] = page[-1]["id"]
    return found


@pytest.mark.parametrize("direction", ["asc", "desc"])
@pytest.mark.parametrize("page_size", [1, 2, 3, 5, 100])
def test_rows_of_one_instant_come_once_each_across_page_edges(market, call, direction, page_size):
    market.trade("main", "AAPL", "7", parts=["1"] * 6)
    ids = every_page(call, page_size=page_size, direction=direction)
    rows = market.account("main").records
    expected = [activity_id(row, Dialect()) for row in rows]
    assert ids == (expected if direction == "asc" else expected[::-1])


def test_newest_first_unless_asked_otherwise(market, clock, client):
    for symbol in ("AAPL", "MSFT", "TSLA"):
        market.trade("main", symbol, "1")
        clock.advance(seconds=1)
    symbols = [row["symbol"] for row in client.get("/account/activities")]
    assert symbols == ["TSLA", "MSFT", "AAPL"]
    ascending = client.get("/account/activities", {"direction": "asc"})
    assert [row["symbol"] for row in ascending] == symbols[::-1]


def test_a_page_has_at_most_a_hundred_rows_unless_a_date_is_given(market, call):
    market.trade("main", "AAPL", "130", parts=["1"] * 129)
    assert len(call.get(PATH).json()) == 100
    assert len(call.get(PATH, page_size=1000).json()) == 100
    assert len(call.get(PATH, date="2026-03-02").json()) == 130
    assert call.get(PATH, date="2026-03-03").json() == []


def test_ids_are_not_in_the_order_of_time(market, clock, call):
    # Recorded in May 2020: 19:51:12Z is 15:51 in New York, and the id says 03.
    clock.now = clock.now.replace(year=2020, month=5, day=22)
    market.trade("main", "AAPL", "1")
    clock.advance(hours=-5)
    market.trade("main", "AAPL", "1")
    ids = [row["id"].split("::")[0] for row in call.get(PATH, direction="asc").json()]
    assert ids == ["20200522105112065", "20200522035112065"]


def test_ids_can_be_on_a_full_clock(market, clock):
    clock.now = clock.now.replace(year=2020, month=5, day=22)
    market.trade("main", "AAPL", "1")
    simulator = AlpacaSimulator(market, dialect=Dialect(has_twelve_hour_ids=False))
    with running(simulator):
        row = Caller(simulator).get(PATH).json()[0]
    assert row["id"].startswith("20200522155112065::")
    assert row["transaction_time"] == "2020-05-22T19:51:12.065361Z"


def test_after_and_until_leave_out_their_own_instant(market, clock, call):
    times = []
    for _ in range(3):
        market.trade("main", "AAPL", "1")
        times.append(clock.now.isoformat())
        clock.advance(minutes=1)
    found = call.get(PATH, after=times[0], until=times[2]).json()
    assert [row["transaction_time"] for row in found] == [times[1].replace("+00:00", "Z")]


def test_types_can_be_chosen_by_path_by_list_and_by_group(market, call):
    market.trade("main", "AAPL", "1")
    market.pay("main", "deposit", "100")
    market.pay("main", "withdrawal", "-40")
    market.pay("main", "interest", "0.07")

    def types(path: str = PATH, **query: str) -> list[str]:
        return [row["activity_type"] for row in call.get(path, direction="asc", **query).json()]

    assert types() == ["FILL", "CSD", "CSW", "INT"]
    assert types(f"{PATH}/FILL") == ["FILL"]
    assert types(activity_types="FILL,INT") == ["FILL", "INT"]
    assert types(activity_types="TRANS") == ["CSD", "CSW"]
    assert types(activity_types="MISC") == ["INT"]
    assert types(activity_types="DIVNRA") == []


@pytest.mark.parametrize(
    "query",
    [
        {"direction": "up"},
        {"page_token": "nobody"},
        {"page_size": "many"},
        {"after": "yesterday"},
        {"date": "2026-03-02", "after": "2026-03-01"},
    ],
)
def test_what_can_not_be_read_is_refused(call, query):
    answer = call.get(PATH, **query)
    assert (answer.status_code, answer.json()["code"]) == (422, 40010001)


def test_a_split_is_two_rows_of_one_group(market, call):
    market.trade("main", "AAPL", "10")
    market.split("AAPL", old="1", new="4")
    rows = call.get(f"{PATH}/SPLIT", direction="asc").json()
    assert [(row["qty"], row["price"], row["net_amount"]) for row in rows] == [
        ("-10", "190", "0"),
        ("40", "47.5", "0"),
    ]
    assert {row["activity_sub_type"] for row in rows} == {"FSPLIT"}
    assert {(row["old_rate"], row["new_rate"]) for row in rows} == {("1", "4")}
    assert len({row["group_id"] for row in rows}) == 1
    assert rows[0]["description"] == "REMOVE, From QTY:-10, To QTY:40, Position Value:1900"
    assert rows[0]["id"].startswith("20260302000000000::")


def test_rates_and_symbols_of_corporate_actions_can_be_left_out(market):
    market.trade("main", "AAPL", "10")
    market.rename("AAPL", "APLE")
    simulator = AlpacaSimulator(market, dialect=Dialect(has_corporate_detail=False))
    with running(simulator):
        rows = Caller(simulator).get(f"{PATH}/NC", direction="asc").json()
    assert [row["symbol"] for row in rows] == ["AAPL", "APLE"]
    assert "old_symbol" not in rows[0]


@pytest.mark.parametrize(
    ("happen", "expected"),
    [
        (
            lambda market: market.rename("AAPL", "APLE"),
            [("NC", "AAPL", "-4", "0"), ("NC", "APLE", "4", "0")],
        ),
        (
            lambda market: market.merge("AAPL", cash="21"),
            [("MA", "AAPL", "0", "84"), ("MA", "AAPL", "-4", "0")],
        ),
        (
            lambda market: market.spin_off("AAPL", child="MSFT", rate="0.5"),
            [("SPIN", "MSFT", "2", "0")],
        ),
        (
            lambda market: market.transfer("main", "TSLA", "4", price="157.44"),
            [("ACATS", "TSLA", "4", "0")],
        ),
        (
            lambda market: market.pay_dividend("AAPL", "0.51"),
            [("DIV", "AAPL", "4", "2.04")],
        ),
        (
            lambda market: market.pay_cash_in_lieu("main", "AAPL", "91"),
            [("CIL", "AAPL", None, "91")],
        ),
        (
            lambda market: market.pay("main", "fee", "-0.02", variant="TAF"),
            [("FEE", None, None, "-0.02")],
        ),
        (lambda market: market.pay("main", "journal", "25"), [("JNLC", None, None, "25")]),
        (
            lambda market: market.exercise_option("main", "AAPL260417C00200000", "1"),
            [
                ("OPEXC", "AAPL260417C00200000", "-1", "0"),
                ("OPTRD", "AAPL", "100", "-20000"),
            ],
        ),
        (
            lambda market: market.expire_option("AAPL260417C00200000"),
            [("OPEXP", "AAPL260417C00200000", "-1", "0")],
        ),
    ],
)
def test_every_event_has_alpacas_rows(market, call, happen, expected):
    market.trade("main", "AAPL", "4")
    market.trade("main", "AAPL260417C00200000", "1")
    happen(market)
    rows = [row for row in call.get(PATH, direction="asc").json() if "date" in row]
    shown = [
        (row["activity_type"], row.get("symbol"), row.get("qty"), row["net_amount"]) for row in rows
    ]
    assert shown == expected
    assert {row["status"] for row in rows} == {"executed"}


def test_an_assignment_takes_a_short_call_and_the_shares(market, call):
    market.trade("main", "AAPL260417C00200000", "-2")
    market.assign_option("main", "AAPL260417C00200000", "2")
    rows = call.get(PATH, direction="asc", activity_types="OPASN,OPTRD").json()
    assert [(row["qty"], row["net_amount"]) for row in rows] == [("2", "0"), ("-200", "40000")]


def test_a_coin_fee_is_listed_later_than_the_purchase(market, clock, call):
    market.trade("main", "BTC/USD", "1", price="60000")
    assert call.get("/v2/positions/BTCUSD").json()["qty"] == "0.9975"
    assert call.get(f"{PATH}/CFEE").json() == []
    clock.advance(hours=6)
    market.post_withheld()
    fee = call.get(f"{PATH}/CFEE").json()[0]
    assert (fee["qty"], fee["price"], fee["net_amount"]) == ("-0.0025", "60000", "0")
    assert fee["description"] == "Coin Pair Transaction Fee (Non USD)"
    assert (fee["date"], fee["created_at"]) == ("2026-03-02", "2026-03-03T01:51:12.065361Z")


@pytest.mark.parametrize(("bookings_by", "is_found"), [("created", True), ("date", False)])
def test_a_late_fee_may_be_found_after_its_purchase_or_not(market, clock, bookings_by, is_found):
    market.trade("main", "BTC/USD", "1")
    seen_until = clock.now.isoformat()
    clock.advance(hours=1)
    market.post_withheld()
    simulator = AlpacaSimulator(market, dialect=Dialect(bookings_by=bookings_by))
    with running(simulator):
        assert bool(Caller(simulator).get(PATH, after=seen_until).json()) == is_found


def test_an_activity_that_is_taken_back_says_so(market, call):
    market.trade("main", "AAPL", "10")
    market.split("AAPL", old="1", new="4")
    market.cancel_booking("main", market.account("main").records[-1].id)
    assert {row["status"] for row in call.get(f"{PATH}/SPLIT").json()} == {"canceled"}
    assert call.get("/v2/positions/AAPL").json()["qty"] == "10"


def test_a_corrected_trade_names_the_one_it_replaces(market, call):
    market.trade("main", "AAPL", "10", price="180")
    wrong = market.account("main").records[0].id
    market.correct_fill("main", wrong, price="181")
    rows = call.get(PATH, direction="asc").json()
    assert [(row["price"], row["status"]) for row in rows] == [
        ("180", "canceled"),
        ("181", "correct"),
    ]
    assert rows[1]["previous_id"] == wrong


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(st.integers(0, 2), max_size=25),
    size=st.integers(1, 7),
    direction=st.sampled_from(["asc", "desc"]),
)
def test_paging_gives_what_one_long_page_would(market, clock, steps, size, direction):
    account = market.reset_account("main")
    for wait in steps:
        clock.advance(seconds=wait)
        market.trade("main", "AAPL", "1")
    everything = listed(account.records, {"direction": direction, "date": ""}, None, Dialect())
    paged, query = [], {"direction": direction, "page_size": str(size)}
    while page := listed(account.records, query, None, Dialect()):
        paged += page
        query["page_token"] = page[-1]["id"]
    assert paged == everything
