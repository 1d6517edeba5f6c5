"""One reading: which account, how many calls, and what happens while it is read."""

import asyncio
from datetime import timedelta

import pytest

from tieout.core.book import AccountId
from tieout.core.errors import VenueRefused, VenueReplyInvalid
from tieout.venues.alpaca.limits import Limits
from venues.alpaca import NOW, fill, position, read, venue_at
from venues.stub import ACCOUNT, ACTIVITIES, ID, NUMBER, POSITIONS, Said, said

FRESH = "2026-11-20T14:59:59.500000Z"


def test_a_quiet_reading_takes_three_calls_and_tells_everything(stub, venue):
    stub.positions = [position()]
    stub.activities = [fill()]
    first = read(venue)
    stub.asked.clear()
    found = read(venue, cursor=first.cursor)
    assert sorted(each.path for each in stub.asked) == [ACCOUNT, ACTIVITIES, POSITIONS]
    assert found.snapshot.as_of == NOW
    assert found.snapshot.complete
    assert found.snapshot.problems == ()
    assert [each.id for each in found.activities] == [each.id for each in first.activities]
    assert found.activities == first.activities
    assert len(found.evidence) == 3
    assert {each.status for each in found.evidence} == {200}


def test_activities_are_asked_for_after_the_positions_are_in(stub, venue):
    """So a fill that is in the positions is in the activities as well."""
    read(venue)
    paths = [each.path for each in stub.asked]
    assert paths.index(POSITIONS) < paths.index(ACTIVITIES)


@pytest.mark.parametrize("name", [NUMBER, ID])
def test_an_account_goes_by_its_number_or_its_id(stub, venue, name):
    assert read(venue, account=name).snapshot.complete


def test_another_account_is_refused_at_every_reading(stub, venue):
    stub.positions = [position()]
    assert read(venue).snapshot.complete
    stub.account = {**stub.account, "id": "another", "account_number": "PA9ZZZZ00000"}
    with pytest.raises(VenueRefused) as caught:
        read(venue)
    error = caught.value
    assert error.reason == "account_mismatch"
    assert f"account_mismatch: asked for account {NUMBER}" in str(error)
    assert "these keys belong to PA9ZZZZ00000" in str(error)
    assert f"use the keys of {NUMBER}" in error.advice
    assert any(each.call == "GET /v2/account" for each in error.evidence)


def test_the_account_that_is_set_is_the_only_one_told(stub, clock):
    assert len(asyncio.run(venue_at(stub, clock, account=NUMBER).accounts())) == 1
    with pytest.raises(VenueRefused) as caught:
        asyncio.run(venue_at(stub, clock, account="PAOTHER").accounts())
    assert "account_mismatch" in str(caught.value)


def test_an_account_reply_that_names_none_is_no_account(stub, venue):
    stub.say(ACCOUNT, said({"status": "ACTIVE", "cash": "1"}))
    with pytest.raises(VenueReplyInvalid) as caught:
        read(venue)
    assert "instead of an account" in str(caught.value)


def test_a_fresh_fill_has_the_positions_read_again_until_two_agree(stub, clock, venue):
    stub.activities = [fill(at=FRESH)]
    stub.say(POSITIONS, said([]), said([position(qty="10")]), said([position(qty="10")]))
    found = read(venue)
    assert stub.calls(POSITIONS) == 3
    assert found.snapshot.complete
    assert [each.quantity for each in found.snapshot.holdings] == ["10"]
    assert found.snapshot.as_of == NOW + 2 * timedelta(seconds=0.5)
    assert clock.slept == [0.5, 0.5]
    assert len(found.activities) == 1


def test_two_readings_that_agree_at_once_are_enough(stub, clock, venue):
    stub.activities = [fill(at=FRESH)]
    stub.positions = [position(qty="10")]
    found = read(venue)
    assert stub.calls(POSITIONS) == 2
    assert found.snapshot.complete


def test_prices_may_move_between_readings_that_agree(stub, venue):
    stub.activities = [fill(at=FRESH)]
    stub.say(
        POSITIONS,
        said([position("MSFT"), position(qty="10", current_price="1")]),
        said([position(qty="10.0", current_price="2"), position("MSFT")]),
    )
    assert read(venue).snapshot.complete
    assert stub.calls(POSITIONS) == 2


def test_a_fill_between_two_readings_that_agree_is_not_ignored(stub, venue):
    old, new = fill(1, at=FRESH), fill(2, at="2026-11-20T15:00:00.400000Z", side="sell")
    stub.say(POSITIONS, said([position(qty="10")]), said([position(qty="10")]), said([]))
    stub.say(ACTIVITIES, said([old]), said([]), said([old, new]), said([]))
    found = read(venue)
    assert not found.snapshot.complete
    assert found.snapshot.problems == ("trades went on while the positions were read 3 times",)
    assert len(found.activities) == 2


def test_an_old_fill_is_no_reason_to_read_again(stub, venue):
    stub.activities = [fill(at="2026-11-20T14:59:54Z")]
    read(venue)
    assert stub.calls(POSITIONS) == 1


def test_the_end_of_the_day_of_a_fee_is_no_trade_to_wait_for(stub, venue):
    stub.activities = [
        {"id": "1", "activity_type": "FEE", "date": "2026-11-20", "symbol": "AAPL",
         "net_amount": "-0.01"}
    ]  # fmt: skip
    found = read(venue)
    assert stub.calls(POSITIONS) == 1
    assert found.activities[0].at > found.snapshot.as_of
    assert found.cursor is not None
    assert found.cursor <= NOW.isoformat()


def test_the_number_of_position_readings_has_a_limit(stub, clock):
    stub.activities = [fill(at=FRESH)]
    stub.say(POSITIONS, *(said([position(qty=str(number))]) for number in range(9)))
    venue = venue_at(stub, clock, limits=Limits(position_reads_max=5))
    assert not read(venue).snapshot.complete
    assert stub.calls(POSITIONS) == 5


def test_readings_may_run_at_the_same_time(stub, venue):
    stub.positions = [position()]
    stub.activities = [fill()]

    async def several():
        return await asyncio.gather(*(venue.read(AccountId(NUMBER), cursor=None) for _ in range(6)))

    results = asyncio.run(several())
    assert len({found.activities for found in results}) == 1
    assert all(found.snapshot.complete for found in results)


def test_when_the_account_fails_nothing_else_is_waited_for(stub, venue):
    stub.say(ACCOUNT, said({}, status=403))
    stub.say(POSITIONS, Said(held=True))

    async def refused() -> None:
        with pytest.raises(VenueRefused):
            await venue.read(AccountId(NUMBER), cursor=None)
        stub.released.set()

    asyncio.run(refused())
    assert stub.calls(ACTIVITIES) == 0


def test_closing_lets_go(stub, venue):
    read(venue)
    asyncio.run(venue.aclose())
