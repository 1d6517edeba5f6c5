"""Pages of activities: nothing lost at an edge, nothing believed that does not advance."""

from datetime import UTC, datetime, timedelta

from tieout.venues.alpaca.limits import Limits
from venues.alpaca import booked, fill, position, read, venue_at
from venues.stub import ACTIVITIES, Said, said

SAME = "2026-11-18T14:30:00.123456Z"


def ids(found) -> list[str]:
    return [each.id for each in found.activities]


def pages(stub) -> list[dict[str, str]]:
    return [each.query for each in stub.asked if each.path == ACTIVITIES]


def test_a_long_history_comes_whole_though_all_of_it_has_one_time(stub, venue):
    stub.activities = [fill(number, at=SAME) for number in range(250)]
    found = read(venue)
    assert found.snapshot.complete
    assert ids(found) == [row["id"] for row in stub.activities]
    assert [query.get("page_token") for query in pages(stub)] == [
        None,
        stub.activities[99]["id"],
        stub.activities[199]["id"],
        stub.activities[249]["id"],
    ]
    assert {(query["page_size"], query["direction"]) for query in pages(stub)} == {("100", "asc")}
    assert "after" not in pages(stub)[0]


def test_a_full_last_page_is_followed_by_an_empty_one(stub, venue):
    stub.activities = [fill(number) for number in range(200)]
    assert len(read(venue).activities) == 200
    assert len(pages(stub)) == 3


def test_a_short_page_in_the_middle_is_not_the_end(stub, venue):
    rows = [fill(number) for number in range(5)]
    stub.say(ACTIVITIES, said(rows[:2]), said(rows[2:4]), said(rows[4:]), said([]))
    found = read(venue)
    assert ids(found) == [row["id"] for row in rows]
    assert found.snapshot.complete


def test_rows_that_come_again_on_the_next_page_count_once(stub, venue):
    rows = [fill(number) for number in range(150)]
    stub.say(ACTIVITIES, said(rows[:100]), said(rows[90:]), said([]))
    assert ids(read(venue)) == [row["id"] for row in rows]


def test_the_same_page_for_ever_is_incomplete_and_moves_no_cursor(stub, venue):
    stub.positions = [position()]
    stub.say(ACTIVITIES, said([fill(number) for number in range(100)]))
    found = read(venue, cursor="2026-11-19T00:00:00+00:00")
    assert not found.snapshot.complete
    assert found.snapshot.problems == ("the pages of activities do not advance: one came twice",)
    assert len(pages(stub)) == 2
    assert found.cursor == "2026-11-19T00:00:00+00:00"


def test_a_short_page_that_comes_again_for_its_token_is_incomplete(stub, venue):
    """The token is not followed, so nobody knows what lies behind the page."""
    stub.say(ACTIVITIES, said([fill(number) for number in range(50)]))
    found = read(venue)
    assert not found.snapshot.complete
    assert found.snapshot.problems == ("the pages of activities do not advance: one came twice",)
    assert len(found.activities) == 50
    assert found.cursor is None


def test_the_last_row_that_comes_again_for_its_token_is_the_end(stub, venue):
    rows = [fill(number) for number in range(50)]
    stub.say(ACTIVITIES, said(rows), said(rows[-1:]))
    assert read(venue).snapshot.complete


def test_a_full_page_whose_last_row_has_no_id_cannot_be_followed(stub, venue):
    stub.say(ACTIVITIES, said([*(fill(number) for number in range(99)), fill(99, id=None)]))
    found = read(venue)
    assert not found.snapshot.complete
    assert "do not advance" in found.snapshot.problems[0]


def test_the_number_of_pages_has_a_limit_and_the_next_reading_goes_on(stub, clock):
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    stub.activities = [
        fill(number, at=(begin + timedelta(days=number)).isoformat().replace("+00:00", "Z"))
        for number in range(290)
    ]
    stub.positions = [position()]
    venue = venue_at(stub, clock, limits=Limits(pages_max=2))
    first = read(venue)
    assert not first.snapshot.complete
    assert "more than 2 pages of activities" in first.snapshot.problems[0]
    assert "the next run reads on" in first.snapshot.problems[0]
    assert [each.symbol for each in first.snapshot.holdings] == [""]  # not compared with long ago
    assert [each.symbol for each in first.instruments] == ["AAPL"]
    assert len(first.activities) == 200
    second = read(venue, cursor=first.cursor)
    assert second.snapshot.complete
    assert len(second.snapshot.holdings) == 1
    assert set(ids(first)) | set(ids(second)) == {row["id"] for row in stub.activities}


def test_a_reading_goes_back_some_days_before_the_cursor(stub, venue):
    stub.activities = [
        fill(1, at="2026-11-19T14:30:00Z"),
        booked("OPEXP", symbol="AAPL261113C00150000", qty="-1", date="2026-11-16"),
        fill(2, at="2026-11-01T14:30:00Z"),
    ]
    found = read(venue, cursor="2026-11-19T14:30:00+00:00")
    assert pages(stub)[0]["after"] == "2026-11-14T00:00:00Z"
    assert [each.type for each in found.activities] == ["expiry", "fill"]


def test_news_are_followed_by_a_proof_of_the_end_and_old_ones_are_not(stub, venue):
    stub.activities = [fill(1, at="2026-11-19T14:30:00Z")]
    found = read(venue)
    assert len(pages(stub)) == 2
    stub.asked.clear()
    read(venue, cursor=found.cursor)
    assert len(pages(stub)) == 1


def test_the_cursor_never_goes_back_nor_ahead_of_the_positions(stub, venue):
    assert read(venue, cursor="2026-11-19T00:00:00+00:00").cursor == "2026-11-19T00:00:00+00:00"
    stub.activities = [fill(at="2026-11-20T15:30:00Z")]  # a venue whose clock is ahead
    assert read(venue).cursor is not None
    assert read(venue).cursor < "2026-11-20T15:00:05"


def test_without_any_activity_there_is_no_cursor(stub, venue):
    assert read(venue).cursor is None


def test_a_cursor_that_is_no_time_reads_everything(stub, venue):
    stub.activities = [fill()]
    assert len(read(venue, cursor="yesterday").activities) == 1
    assert "after" not in pages(stub)[0]


def test_an_unreadable_row_is_a_problem_and_the_others_count(stub, venue):
    stub.say(
        ACTIVITIES,
        said([fill(1), "oops", fill(2, id=None), fill(3, id="x", transaction_time="9999-12-31")]),
        said([]),
    )
    found = read(venue)
    assert not found.snapshot.complete
    assert len(found.activities) == 1
    assert found.snapshot.problems == (
        "activities: a row is a text, not an object",
        "activities: a FILL row has no id",
        "activities: x has neither a time nor a date",
    )


def test_numbers_in_activities_may_be_json_numbers(stub, venue):
    body = b'[{"id": "1", "activity_type": "FILL", "transaction_time": "2026-11-18T14:30:00Z",'
    body += b' "side": "buy", "symbol": "AAPL", "qty": 0.1234567890123456789, "price": 190}]'
    stub.say(ACTIVITIES, Said(body=body), said([]))
    (activity,) = read(venue).activities
    assert (str(activity.quantity), str(activity.price)) == ("0.1234567890123456789", "190")
