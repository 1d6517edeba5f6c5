"""Files in folders: which is the statement, what happened, and what is noticed of a change."""

import asyncio
import re

import pytest

from tieout.core.errors import SettingsError, VenueError
from tieout.venues import registry
from venues.alpaca import FakeClock
from venues.files import HAPPENED, NOW, read, venue_of, written

POSITIONS = "symbol,quantity\nAAPL,{}\n"


def test_the_newest_statement_of_a_folder_is_read(tmp_path):
    written(tmp_path / "positions-20261119.csv", POSITIONS.format(9))
    written(tmp_path / "positions-20261120.csv", POSITIONS.format(10))
    written(tmp_path / "positions-20261121.csv.part", "symbol,quan")
    written(tmp_path / "notes.csv", "a,b\n")
    (holding,) = read(venue_of(tmp_path)).snapshot.holdings
    assert holding.quantity == "10"


def test_two_statements_of_one_time_are_not_chosen_between(tmp_path):
    written(tmp_path / "positions-a.csv", POSITIONS.format(9))
    written(tmp_path / "positions-b.csv", POSITIONS.format(10))
    with pytest.raises(VenueError, match="are of the same time"):
        read(venue_of(tmp_path))


def test_a_folder_without_a_statement_is_not_flat(tmp_path):
    written(tmp_path / "notes.csv", "a,b\n")
    with pytest.raises(VenueError, match="no file in it is a statement"):
        read(venue_of(tmp_path))


def test_activities_of_all_files_are_told_with_their_ids(tmp_path):
    written(tmp_path / "positions.csv", "symbol,quantity\nAAPL,3\n")
    row = "main,{},AAPL,2026-11-20T14:00:00Z,{},100.10\n"
    written(tmp_path / "fills-1.csv", HAPPENED + row.format("a", 1))
    written(tmp_path / "fills-2.csv", HAPPENED + row.format("a", 1) + row.format("b", 2))
    found = read(venue_of(tmp_path))
    assert [(each.id, str(each.quantity)) for each in found.activities] == [
        ("a", "1"), ("a", "1"), ("b", "2"),
    ]  # fmt: skip
    assert found.activities[0] == found.activities[1]
    assert found.snapshot.complete


def test_a_row_of_activities_that_cannot_be_used_makes_the_snapshot_incomplete(tmp_path):
    written(tmp_path / "positions.csv", "symbol,quantity\nAAPL,3\n")
    written(
        tmp_path / "activities.csv",
        "id,symbol,at,quantity,price\n"
        "a,AAPL,2026-11-20T14:00:00Z,3,\n"
        "b,AAPL,yesterday,3,1\n"
        "c,AAPL,2026-11-20T14:00:00Z,3,1\n",
    )
    found = read(venue_of(tmp_path))
    assert not found.snapshot.complete
    first, second = found.snapshot.problems
    assert first.startswith("activities.csv, line 2, column price: missing: fill needs a price")
    assert second.startswith("activities.csv, line 3, column at: must be a time such as")
    assert [each.id for each in found.activities] == ["c"]


def test_a_file_of_activities_needs_ids_and_times(tmp_path):
    written(tmp_path / "positions.csv", "symbol,quantity\n")
    written(tmp_path / "activities.csv", "symbol,at,quantity,price\n")
    with pytest.raises(VenueError, match="line 1, column id: there is no such column"):
        read(venue_of(tmp_path))


def test_an_activity_may_say_what_the_thing_is(tmp_path):
    written(tmp_path / "positions.csv", "symbol,quantity\n")
    written(
        tmp_path / "activities.csv",
        "id,type,symbol,at,quantity,price,asset_class,multiplier\n"
        "a,fill,ESZ6,2026-11-20T14:00:00Z,3,1,future,50\n",
    )
    (instrument,) = read(venue_of(tmp_path)).instruments
    assert (instrument.asset_class, instrument.multiplier) == ("future", 50)


def test_activities_of_several_accounts_need_a_statement_that_names_one(tmp_path):
    written(tmp_path / "positions.csv", "symbol,quantity\n")
    row = "{},{},AAPL,2026-11-20T14:00:00Z,1,1\n"
    written(tmp_path / "activities.csv", HAPPENED + row.format("A", 1) + row.format("B", 2))
    with pytest.raises(VenueError, match="names no account, but the activities are of A, B"):
        read(venue_of(tmp_path), account="A")


def test_a_change_of_a_file_is_noticed(tmp_path):
    path = written(tmp_path / "positions.csv", POSITIONS.format(1))
    clock = FakeClock(NOW)
    venue = venue_of(tmp_path, clock=clock)
    told = []

    async def passes(seconds):
        clock.slept.append(seconds)
        if len(clock.slept) == 2:
            written(path, POSITIONS.format(12))
        if len(clock.slept) == 4:
            raise asyncio.CancelledError

    venue._sleep = passes
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(venue.listen(lambda news: told.append(news.kind)))
    assert told == ["connected", "changed"]
    assert clock.slept == [5.0] * 4


def test_a_folder_that_is_away_is_no_end_of_listening(tmp_path):
    venue = venue_of(tmp_path / "away")
    told = []

    async def passes(_):
        if told.append("slept") or told.count("slept") == 2:
            raise asyncio.CancelledError

    venue._sleep = passes
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(venue.listen(lambda news: told.append(news.kind)))
    assert told == ["connected", "slept", "slept"]


def test_the_checkup_tells_of_when_the_statement_is_and_how_sure_that_is(tmp_path):
    written(tmp_path / "positions.csv", POSITIONS.format(1))
    found = {each.subject: each for each in asyncio.run(venue_of(tmp_path).check())}
    assert found["file"].message == "positions.csv: 1 position, 0 activities"
    assert "as told by when it was written; 0.0 hours ago" in found["age"].message
    assert "there is no positions.csv.sha256" in found["checksum"].message


def test_the_checkup_counts_what_can_be_read_and_tells_friendly_times(tmp_path):
    unusable = POSITIONS.format(1) + "MSFT,x\n"
    written(tmp_path / "positions.csv", unusable)
    found = {each.subject: each for each in asyncio.run(venue_of(tmp_path).check())}
    assert found["file"].level == "warning"
    assert "1 position, 0 activities, 1 row that cannot be read" in found["file"].message
    assert re.match(r"of \d{4}-\d\d-\d\d \d\d:\d\d, as told", found["age"].message)


def connect(**settings):
    return registry.connect("file", name="main", settings=settings, clock=FakeClock(NOW))


def test_settings_are_read_from_texts(tmp_path):
    venue = connect(
        path=str(tmp_path), map="Ticker=symbol, Qty = quantity", age_s_max="60",
        timezone="America/New_York", sign="side", activities="fills.csv", history="full",
    )  # fmt: skip
    options = venue._options
    assert options.names == {"Ticker": "symbol", "Qty": "quantity"}
    assert options.activities == tmp_path.parent / "fills.csv"
    assert (options.sign, options.history, str(options.zone)) == (
        "side", "full", "America/New_York",
    )  # fmt: skip


@pytest.mark.parametrize(("settings", "said"), [
    ({}, "connections.main.path is not set"),
    ({"path": "a", "key": "x"}, "file has no setting key"),
    ({"path": "a", "map": "Ticker"}, "connections.main.map must be THEIR_COLUMN=OUR_COLUMN"),
    ({"path": "a", "age_s_max": "soon"}, "age_s_max must be a number from"),
    ({"path": "a", "timezone": "Mars"}, "timezone must be a time zone such as"),
    ({"path": "a", "sign": "minus"}, "sign must be one of quantity, side"),
])  # fmt: skip
def test_a_wrong_setting_is_named(settings, said):
    with pytest.raises(SettingsError, match=r"connections\.main") as caught:
        connect(**settings)
    assert said in str(caught.value)
