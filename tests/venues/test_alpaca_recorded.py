"""What Alpaca really sent, over a real socket, through the real SDK."""

import asyncio
import json

import pytest

from tieout.core.errors import VenueError, VenueRefused, VenueReplyInvalid
from tieout.core.numbers import exact
from venues.alpaca import only, read
from venues.recordings import ABSENT, Recording, recordings
from venues.stub import ACCOUNT, ACTIVITIES, NUMBER, POSITIONS, Said

RECORDED = {each.name: each for each in recordings()}
pytestmark = pytest.mark.skipif(not RECORDED, reason=ABSENT)


def said(recording: Recording) -> Said:
    return Said(
        status=recording.status,
        body=recording.body,
        headers={"Content-Type": recording.content_type},
    )


def recorded(name: str) -> Recording:
    """The one recording whose name begins so."""
    (found,) = [each for key, each in RECORDED.items() if key.startswith(name)]
    return found


def test_a_list_of_positions(stub, venue):
    stub.say(POSITIONS, said(recorded("position__list_success")))
    found = read(venue)
    assert found.snapshot.complete
    assert [
        (each.symbol, each.quantity, each.average_price, each.price)
        for each in found.snapshot.holdings
    ] == [
        ("TSLA", "5", "892.736", "882.39"),
        ("GOOG", "5", "1431.01", "1431.5"),
        ("AAPL", "2", "321.33", "323.2"),
    ]
    assert found.snapshot.holdings[2].venue_id == "b0b6dd9d-8b9b-48a9-ba46-b9d54906e415"


def test_a_short_position(stub, venue):
    (row,) = json.loads(recorded("_positions__returns_an_Array").body)
    assert (row["qty"], row["side"]) == ("-100", "short")
    stub.say(POSITIONS, said(recorded("_positions__returns_an_Array")))
    found = only(read(venue))
    assert (found.symbol, found.quantity, found.average_price) == (
        row["symbol"],
        "-100",
        row["avg_entry_price"],
    )


def test_the_number_of_the_account_in_capitals(stub, venue):
    stub.say(ACCOUNT, said(recorded("account__get_success")))
    (account,) = asyncio.run(venue.accounts())
    assert (account.id, account.currency, account.history) == (NUMBER, "USD", "full")
    assert read(venue).snapshot.complete


def test_an_account_without_number_goes_by_its_id(stub, venue):
    stub.say(ACCOUNT, said(recorded("_account__returns_an_Account_object")))
    (account,) = asyncio.run(venue.accounts())
    assert account.id == "<ID>"


def test_fills_are_signed_and_in_order_of_time(stub, venue):
    stub.say(ACTIVITIES, said(recorded("account_activity__list_success")), Said(body=b"[]"))
    found = read(venue)
    assert [(each.symbol, str(each.quantity), str(each.price)) for each in found.activities] == [
        ("AAPL", "1", "321.25"),
        ("GOOG", "5", "1431.01"),
        ("AAPL", "1", "321.41"),
        ("TSLA", "4", "893.5"),
        ("TSLA", "1", "889.68"),
        ("GOOG", "-5", "1437.01"),
        ("AAPL", "-2", "324.9"),
        ("TSLA", "-5", "886.55"),
    ]
    assert {(each.type, each.fee) for each in found.activities} == {("fill", None)}


def test_twenty_fills_whose_ids_are_on_a_12_hour_clock(stub, venue):
    recording = recorded("_account_activities__returns_an_Array_of_TradeActivity")
    stub.say(ACTIVITIES, said(recording), Said(body=b"[]"))
    found = read(venue)
    rows = json.loads(recording.body)
    assert len(found.activities) == len(rows)
    times = [each.at for each in found.activities]
    assert times == sorted(times)
    latest = max(rows, key=lambda row: row["transaction_time"])
    assert found.activities[-1].id == latest["id"]
    assert found.cursor == times[-1].isoformat()


def test_a_dividend(stub, venue):
    recording = recorded("_account_activities__returns_an_Array_of_NonTradeActivity")
    stub.say(ACTIVITIES, said(recording), Said(body=b"[]"))
    (dividend,) = read(venue).activities
    assert (dividend.type, dividend.symbol, dividend.cash) == ("dividend", "T", exact("1.02"))
    assert dividend.quantity is None


@pytest.mark.parametrize(
    ("name", "kind", "status"),
    [
        ("account__get_failure", VenueRefused, 401),
        ("generic_errors__raises_UnauthorizedError", VenueRefused, 401),
        ("order__create_403", VenueRefused, 403),
        ("position__get_not_found", VenueRefused, 404),
        ("account_activity__get_not_found", VenueRefused, 422),
        ("order__create_422", VenueRefused, 422),
        ("position__delete_all_success", VenueReplyInvalid, 207),
    ],
)
def test_an_error_that_was_recorded(stub, clock, venue, name, kind, status):
    recording = recorded(name)
    assert recording.status == status
    stub.say(POSITIONS, said(recording))
    with pytest.raises(kind) as caught:
        read(venue)
    assert caught.value.status == status
    assert caught.value.advice
    assert f"answered {status}" in str(caught.value)
    if status != 207:
        assert json.loads(recording.body)["message"] in str(caught.value)
    assert clock.slept == []


@pytest.mark.parametrize("name", sorted(RECORDED))
def test_no_recorded_reply_is_taken_for_no_positions(stub, venue, name):
    """Every body that was ever recorded, said where the positions should be."""
    recording = RECORDED[name]
    stub.say(POSITIONS, said(recording))
    rows = json.loads(recording.body or b"null")
    if recording.status != 200 or not isinstance(rows, list):
        with pytest.raises(VenueError):
            read(venue)
        return
    found = read(venue)
    assert len(found.snapshot.holdings) == len(rows)
    if recording.path != POSITIONS or recording.method != "GET":
        assert not any(each.problem is None for each in found.snapshot.holdings)
