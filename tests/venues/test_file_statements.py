"""What a statement says: its rows, the time it is of, whose it is, and what is wrong with it."""

import asyncio
import hashlib
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import ClassVar
from zoneinfo import ZoneInfo

import pytest

from tieout.core.errors import VenueError, VenueRefused, VenueReplyInvalid, VenueUnavailable
from venues.files import HEADER, NOW, read, venue_of, written


def statement(folder, text, *, name="positions.csv", at=NOW, **options):
    return venue_of(written(folder / name, text, at=at), **options)


def refusal(venue, *, account="main", kind=VenueReplyInvalid) -> str:
    with pytest.raises(VenueError) as caught:
        read(venue, account=account)
    assert type(caught.value) is kind, caught.value
    assert caught.value.advice
    return str(caught.value)


def held(found) -> dict[str, str | None]:
    assert not any(each.problem for each in found.snapshot.holdings)
    return {each.symbol: each.quantity for each in found.snapshot.holdings}


def test_every_digit_of_a_number_is_kept(tmp_path):
    text = "symbol,quantity,average_price\nBTC/USD,0.123456789012345678,19660.5738784516887649\n"
    (holding,) = read(statement(tmp_path, text)).snapshot.holdings
    assert (holding.quantity, holding.average_price) == (
        "0.123456789012345678",
        "19660.5738784516887649",
    )


def test_json_numbers_are_read_as_they_are_written(tmp_path):
    text = '[{"symbol": "ETH", "quantity": 1.10, "average_price": 0.1234567890123456789}]'
    (holding,) = read(statement(tmp_path, text, name="positions.json")).snapshot.holdings
    assert (holding.quantity, holding.average_price) == ("1.10", "0.1234567890123456789")


def test_columns_go_by_the_names_that_are_set_and_others_are_named(tmp_path):
    venue = statement(
        tmp_path,
        "Ticker,Qty,Desk\n AAPL ,10,7\n",
        names={"Ticker": "symbol", "Qty": "quantity"},
    )
    found = read(venue)
    assert held(found) == {"AAPL": "10"}
    assert found.ignored == ("positions.csv: columns not used: Desk",)


def test_a_column_that_is_missing_or_mapped_wrongly_is_named(tmp_path):
    message = refusal(statement(tmp_path, "ticker,quantity\nAAPL,10\n"))
    assert "positions.csv, line 1, column symbol" in message
    assert "Ticker=symbol" in message
    message = refusal(statement(tmp_path, "symbol,quantity\nA,1\n", names={"Qty": "quantity"}))
    assert "map says Qty=quantity" in message


@pytest.mark.parametrize("number", ["1,000", "ten", "1e99999", "0x10", "(5)"])
def test_a_wrong_number_is_the_problem_of_its_row_and_named_with_line_and_column(tmp_path, number):
    text = f'symbol,quantity,Cost\nAAPL,10,1\nTSLA,5,"{number}"\n'
    found = read(statement(tmp_path, text, names={"Cost": "average_price"}))
    good, bad = found.snapshot.holdings
    assert (good.quantity, good.problem) == ("10", None)
    assert bad.symbol == "TSLA"
    assert "positions.csv, line 3, column Cost" in (bad.problem or "")
    assert "is no number; allowed are" in (bad.problem or "")


@pytest.mark.parametrize("quantity", ["", "NaN", "null"])
def test_a_quantity_that_is_not_reported_is_not_zero(tmp_path, quantity):
    (holding,) = read(statement(tmp_path, f"symbol,quantity\nA,{quantity}\n")).snapshot.holdings
    assert "line 2, column quantity" in (holding.problem or "")


def test_other_numbers_may_be_unreported(tmp_path):
    (holding,) = read(statement(tmp_path, HEADER + "main,A,3,,nan\n")).snapshot.holdings
    assert (holding.average_price, holding.price, holding.problem) == (None, None, None)


def test_long_and_short_may_be_told_by_the_side(tmp_path):
    text = "symbol,side,quantity\nAAPL,Long,5\nTSLA,SELL,7\nMSFT,short,-2\nF,long,-1\nGM,,1\n"
    rows = read(statement(tmp_path, text, sign="side")).snapshot.holdings
    assert [(row.symbol, row.quantity, row.side) for row in rows[:3]] == [
        ("AAPL", "5", None),
        ("TSLA", "-7", None),
        ("MSFT", "-2", None),
    ]
    assert "is negative, but the side is long" in (rows[3].problem or "")
    assert "neither long nor short" in (rows[4].problem or "")


def test_sides_are_legs_where_the_quantity_is_signed(tmp_path):
    text = "symbol,side,quantity\nBTC,long,3\nBTC,short,-2\nETH,up,1\n"
    rows = read(statement(tmp_path, text)).snapshot.holdings
    assert [row.side for row in rows[:2]] == ["long", "short"]
    assert "'up' is not one of long, short" in (rows[2].problem or "")


@pytest.mark.parametrize("text", ["symbol,quantity\n", "symbol,quantity\r\n"])
def test_a_header_alone_is_complete_and_empty(tmp_path, text):
    found = read(statement(tmp_path, text))
    assert found.snapshot.complete
    assert found.snapshot.holdings == ()


@pytest.mark.parametrize("name", ["positions.csv", "positions.json", "positions.jsonl"])
def test_a_file_without_a_byte_is_not_an_empty_account(tmp_path, name):
    assert "is empty" in refusal(statement(tmp_path, "", name=name))


@pytest.mark.parametrize("text", [
    "symbol,quantity\nAAPL,10\nTSLA",
    "symbol,quantity\nAAPL,10\nTSLA,12",
    'symbol,quantity\nAAPL,10\n"TSL',
])  # fmt: skip
def test_a_file_that_was_cut_is_not_read(tmp_path, text):
    refusal(statement(tmp_path, text))


def test_a_last_line_without_an_end_may_be_allowed(tmp_path):
    text = "symbol,quantity\nAAPL,10"
    assert "the file may be cut" in refusal(statement(tmp_path, text))
    assert held(read(statement(tmp_path, text, line_end="optional"))) == {"AAPL": "10"}


def test_a_checksum_beside_the_file_is_proof_or_refusal(tmp_path):
    text = "symbol,quantity\nAAPL,10"
    digest = hashlib.sha256(text.encode()).hexdigest()
    venue = statement(tmp_path, text)
    written(tmp_path / "positions.csv.sha256", f"{digest}  positions.csv\n")
    assert held(read(venue)) == {"AAPL": "10"}
    written(tmp_path / "positions.csv", "symbol,quantity\nAAPL,1\n")
    assert "is not what positions.csv.sha256 says" in refusal(venue, kind=VenueUnavailable)


def test_a_missing_file_is_tried_again(tmp_path):
    venue = venue_of(tmp_path / "positions.csv")
    assert "No such file" in refusal(venue, kind=VenueUnavailable)


def test_what_is_no_plain_file_is_not_waited_for(tmp_path):
    import os

    os.mkfifo(tmp_path / "positions.csv")
    venue = venue_of(tmp_path / "positions.csv")
    assert "is no plain file" in refusal(venue, kind=VenueUnavailable)


def test_the_evidence_is_the_file_with_its_checksum_and_time(tmp_path):
    text = "symbol,quantity\nAAPL,10\n"
    (reply,) = read(statement(tmp_path, text)).evidence
    assert reply.body == text.encode()
    assert hashlib.sha256(text.encode()).hexdigest() in reply.call
    assert "2026-11-20T15:00:00+00:00" in reply.call
    assert reply.status is None


class TestOfWhen:
    """The time a statement is of is never newer than told."""

    def as_of(self, folder, text, **fields) -> datetime:
        return read(statement(folder, text, **fields)).snapshot.as_of

    def test_the_rows_tell_and_the_oldest_counts(self, tmp_path):
        text = "symbol,quantity,as_of\nA,1,2026-11-20T14:30:00Z\nB,1,2026-11-20T09:10:00-05:00\n"
        assert self.as_of(tmp_path, text) == datetime(2026, 11, 20, 14, 10, tzinfo=UTC)

    def test_else_the_name_tells(self, tmp_path):
        found = self.as_of(tmp_path, "symbol,quantity\n", name="positions-20261120T1200.csv")
        assert found == datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

    def test_else_it_is_of_when_it_was_written(self, tmp_path):
        at = NOW - timedelta(hours=3)
        assert self.as_of(tmp_path, "symbol,quantity\n", at=at) == at

    def test_a_day_alone_is_its_end_but_not_after_it_was_written(self, tmp_path):
        zone = ZoneInfo("America/New_York")
        text = "symbol,quantity\n"
        name = "positions_2026-11-19.csv"
        found = self.as_of(tmp_path, text, name=name, zone=zone)
        assert found == datetime(2026, 11, 20, 4, 59, 59, tzinfo=UTC)
        early = datetime(2026, 11, 19, 22, 0, tzinfo=UTC)
        assert self.as_of(tmp_path, text, name=name, zone=zone, at=early) == early
        day = "symbol,quantity,as_of\nA,1,2026-11-20\n"
        assert self.as_of(tmp_path, day, zone=zone) == NOW

    def test_a_time_without_a_zone_is_refused_unless_the_zone_is_set(self, tmp_path):
        text = "symbol,quantity,as_of\nA,1,2026-11-20T09:00:00\n"
        message = refusal(statement(tmp_path, text))
        assert "line 2, column as_of" in message
        assert "needs a time zone" in message
        found = self.as_of(tmp_path, text, zone=ZoneInfo("America/New_York"))
        assert found == datetime(2026, 11, 20, 14, 0, tzinfo=UTC)

    def test_a_time_to_come_is_not_believed(self, tmp_path):
        text = "symbol,quantity,as_of\nA,1,2026-11-21T09:00:00Z\n"
        assert "which is yet to come" in refusal(statement(tmp_path, text))

    @pytest.mark.parametrize("day", ["2026-11-22", "2027-05-05", "2062-11-20"])
    @pytest.mark.parametrize("zone", [None, UTC, ZoneInfo("America/New_York")])
    def test_a_day_to_come_is_not_taken_for_today(self, tmp_path, day, zone):
        text = f"symbol,quantity,as_of\nA,1,{day}\n"
        message = refusal(statement(tmp_path, text, zone=zone))
        assert "positions.csv is of 20" in message
        assert "which is yet to come" in message
        assert "check the clocks of both machines and the timezone" in message

    @pytest.mark.parametrize(
        ("name", "zone"),
        [
            ("positions-20270505.csv", None),
            ("positions-20261120-2300.csv", UTC),
            ("positions-20261120-1600Z.csv", None),
            ("positions-20261121-0900.csv", ZoneInfo("America/New_York")),
        ],
    )
    def test_nor_is_one_in_a_name(self, tmp_path, name, zone):
        venue = statement(tmp_path, "symbol,quantity\nA,1\n", name=name, zone=zone)
        assert f"{name} is of 20" in refusal(venue)

    def test_where_no_zone_is_set_it_may_be_tomorrow_already(self, tmp_path):
        text = "symbol,quantity,as_of\nA,1,2026-11-21\n"
        assert self.as_of(tmp_path, text) == NOW
        assert "which is yet to come" in refusal(statement(tmp_path, text, zone=UTC))

    def test_a_z_in_a_name_is_utc_whatever_zone_is_set(self, tmp_path):
        text, name = "symbol,quantity\nA,1\n", "positions-20261120-1000Z.csv"
        found = self.as_of(tmp_path, text, name=name, zone=ZoneInfo("America/New_York"))
        assert found == datetime(2026, 11, 20, 10, 0, tzinfo=UTC)

    def test_a_stale_statement_is_not_used(self, tmp_path):
        at = NOW - timedelta(hours=3)
        hour = {"age_s_max": Decimal(3600)}
        venue = statement(tmp_path, "symbol,quantity\nA,1\n", at=at, **hour)
        message = refusal(venue, kind=VenueUnavailable)
        assert "is stale" in message
        assert "3.0 hours ago, and at most 1.0 are allowed" in message
        assert "age_s_max" in message

    def test_a_file_that_is_only_copied_anew_stays_as_old_as_its_rows(self, tmp_path):
        text = "symbol,quantity,as_of\nA,1,2026-11-20T09:00:00Z\n"
        venue = statement(tmp_path, text, age_s_max=Decimal(3600))
        assert "is stale" in refusal(venue, kind=VenueUnavailable)


class TestWhose:
    def test_accounts_are_those_the_statement_names(self, tmp_path):
        venue = statement(tmp_path, HEADER + "B,AAPL,1,,\nA,AAPL,2,,\n")
        assert [each.id for each in asyncio.run(venue.accounts())] == ["A", "B"]
        assert held(read(venue, account="A")) == {"AAPL": "2"}
        assert held(read(venue, account="B")) == {"AAPL": "1"}

    def test_a_file_that_names_none_is_of_the_account_that_is_set(self, tmp_path):
        venue = statement(tmp_path, "symbol,quantity\nAAPL,2\n", account="U123")
        assert [each.id for each in asyncio.run(venue.accounts())] == ["U123"]
        assert held(read(venue, account="U123")) == {"AAPL": "2"}

    def test_an_account_of_which_no_row_is_there_is_not_flat(self, tmp_path):
        venue = statement(tmp_path, HEADER + "B,AAPL,1,,\n", account="A")
        message = refusal(venue, account="A", kind=VenueRefused)
        assert "account_mismatch: asked for account A, but positions.csv is of B" in message
        assert "quantity 0" in message

    def test_a_row_of_no_account_is_nobodys(self, tmp_path):
        message = refusal(statement(tmp_path, HEADER + "A,AAPL,1,,\n,TSLA,1,,\n"), account="A")
        assert "line 3, column account" in message


class TestCaseForm:
    CASE: ClassVar = {
        "case": 1,
        "account": {"id": "main", "venue": "file"},
        "instruments": [{"symbol": "ESZ6", "asset_class": "future", "multiplier": "50"}],
        "steps": [
            {"at": "2026-11-20T13:00:00Z", "activities": [
                {"id": "f1", "type": "fill", "symbol": "ESZ6", "quantity": "2", "price": "5000",
                 "at": "2026-11-20T12:59:00Z"},
            ]},
            {"at": "2026-11-20T14:00:00Z", "snapshot": {
                "as_of": "2026-11-20T14:00:00Z",
                "holdings": [{"symbol": "ESZ6", "quantity": 2, "average_price": 5000.10}],
            }},
        ],
    }  # fmt: skip

    def venue(self, folder, material):
        return statement(folder, json.dumps(material), name="positions.json")

    def test_a_case_file_is_a_statement_with_its_activities(self, tmp_path):
        found = read(self.venue(tmp_path, self.CASE))
        (holding,) = found.snapshot.holdings
        assert (holding.quantity, holding.average_price) == ("2", "5000.1")
        assert found.snapshot.as_of == datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
        assert [each.id for each in found.activities] == ["f1"]
        assert found.instruments[0].multiplier == 50

    def test_a_fetch_that_failed_there_fails_here(self, tmp_path):
        failure = {"kind": "refused", "message": "401"}
        steps = [{"at": "2026-11-20T14:00:00Z", "snapshot": None, "failure": failure}]
        message = refusal(self.venue(tmp_path, {**self.CASE, "steps": steps}), kind=VenueRefused)
        assert "401" in message

    def test_what_says_that_it_is_incomplete_is(self, tmp_path):
        found = read(self.venue(tmp_path, {"complete": False, "holdings": []}))
        assert not found.snapshot.complete
        assert found.snapshot.problems == ("positions.json says that it is not complete",)

    @pytest.mark.parametrize(("material", "said"), [
        ({"message": "maintenance"}, "has message; a statement has"),
        ({"account": "main"}, "has no holdings"),
        ({"account": 7, "holdings": []}, "$.account"),
        ({"holdings": {}}, "must be a list"),
        ({**CASE, "steps": []}, "none of its steps has a snapshot"),
        ({**CASE, "case": 2}, "$.case"),
    ])  # fmt: skip
    def test_what_is_no_statement_is_named_by_its_path(self, tmp_path, material, said):
        assert said in refusal(self.venue(tmp_path, material))


def test_a_long_file_is_not_read_into_memory(tmp_path):
    from tieout.venues.file.limits import Limits

    venue = statement(tmp_path, "symbol,quantity\nAAPL,1\n", limits=Limits(file_bytes_max=10))
    assert "is longer than 10 bytes" in refusal(venue, kind=VenueUnavailable)


def test_a_statement_of_which_a_part_was_never_written_is_not_read(tmp_path):
    venue = statement(tmp_path, "symbol,quantity\nAAPL,10\n\0\0\0\0\0\0\n")
    assert "positions.csv, line 3: byte 1 of the line is 0" in refusal(venue)
