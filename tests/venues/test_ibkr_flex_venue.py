"""Flex statements to tie out against, and files that are no whole statements."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tieout.core.book import Account, AccountId, Book
from tieout.core.errors import SettingsError, VenueRefused, VenueReplyInvalid, VenueUnavailable
from tieout.core.policy import default_policy
from tieout.core.tieout import tie_out
from tieout.venues import registry
from venues.alpaca import FakeClock
from venues.flex import OPTION, STEM, position, response, statement, trade, write

NOW = datetime(2026, 11, 21, 15, tzinfo=UTC)
FUTURE = {"assetCategory": "FUT", "symbol": "ESZ6", "conid": "495512563", "multiplier": "50"}


def connect(path, **settings: str):
    settings = {"flex": f"{path}", **settings}
    return registry.connect("ibkr-flex", name="flex", settings=settings, clock=FakeClock(NOW))


def read(path, *, account="U1", cursor=None, **settings):
    return asyncio.run(connect(path, **settings).read(AccountId(account), cursor=cursor))


def held(tmp_path, *rows):
    write(tmp_path, statement(OpenPositions="".join(rows)))
    return read(tmp_path)


def test_positions_are_those_at_the_end_of_the_last_day(tmp_path):
    found = held(tmp_path, position("-110", "-22207.126799"), position("1", "315114.75", **FUTURE))
    assert found.snapshot.complete
    assert found.snapshot.as_of == datetime(2026, 11, 21, 4, 59, 59, tzinfo=UTC)
    stock, future = found.snapshot.holdings
    assert (stock.symbol, stock.quantity, stock.average_price, stock.price) == (
        "AAPL", "-110", "201.8829709", "191.5",
    )  # fmt: skip
    assert (future.average_price, future.multiplier, future.venue_id) == (
        "6302.295", "50", "495512563",
    )  # fmt: skip
    assert [each.symbol for each in found.instruments] == ["AAPL", "ESZ6"]


def test_a_statement_of_this_very_day_is_as_old_as_its_making(tmp_path):
    write(tmp_path, statement(OpenPositions="", made="20261120;120000"))
    assert read(tmp_path).snapshot.as_of == datetime(2026, 11, 20, 17, tzinfo=UTC)


def test_lots_are_added_up_where_there_is_no_summary(tmp_path):
    lots = [position("10", "1000", levelOfDetail="LOT"), position("5", "650", levelOfDetail="LOT")]
    (holding,) = held(tmp_path, *lots).snapshot.holdings
    assert (holding.quantity, holding.average_price) == ("15", "110")
    (holding,) = held(tmp_path, position("15", "1650"), *lots).snapshot.holdings
    assert (holding.quantity, holding.average_price) == ("15", "110")


def test_rows_of_models_are_refused_by_row(tmp_path):
    rows = [position("10", "1000", model="A"), position("5", "650", model="B")]
    (holding,) = held(tmp_path, *rows).snapshot.holdings
    assert "more than one row in the same account" in holding.problem


def test_the_last_of_several_days_counts(tmp_path):
    rows = [position("10", "1000", reportDate="20261119"), position("12", "1200")]
    (holding,) = held(tmp_path, *rows).snapshot.holdings
    assert holding.quantity == "12"


def test_what_is_not_told_is_not_zero(tmp_path):
    rows = [position("", "1000"), position("10", "", symbol="B", conid="2", markPrice="--")]
    nothing, unknown = held(tmp_path, *rows).snapshot.holdings
    assert nothing.quantity is None
    assert (unknown.average_price, unknown.price) == (None, None)


def test_a_currency_row_is_left_out_and_said(tmp_path):
    found = held(tmp_path, position("20000", "22575", assetCategory="CASH", symbol="EUR.USD"))
    assert found.snapshot.holdings == ()
    assert found.ignored == ("1 x Flex positions left out: a currency trade",)


def test_a_row_that_cannot_be_read_makes_the_snapshot_incomplete(tmp_path):
    found = held(tmp_path, position("many", "1000"), position("1", "2", symbol="B", conid="2"))
    assert not found.snapshot.complete
    assert [each.symbol for each in found.snapshot.holdings] == ["B"]


def test_the_statement_with_the_last_day_gives_the_positions(tmp_path):
    monday = statement(OpenPositions=position("1", "1"), days=("20261116", "20261116"))
    friday = statement(OpenPositions=position("5", "5"), made="20261120;180000")
    write(tmp_path, friday, name="a.xml")
    write(tmp_path, monday, name="b.xml")
    write(tmp_path, statement(Trades="", days=("20261120", "20261123")), name="c.xml")
    (holding,) = read(tmp_path).snapshot.holdings
    assert holding.quantity == "5"


def test_accounts_are_told_with_their_currencies(tmp_path):
    write(
        tmp_path,
        statement(account="U1", OpenPositions=position("1", "1")),
        statement(account="U2", currency="EUR", OpenPositions=""),
    )
    found = asyncio.run(connect(tmp_path).accounts())
    assert [(each.id, each.venue, each.currency, each.history) for each in found] == [
        ("U1", "ibkr", "USD", "partial"), ("U2", "ibkr", "EUR", "partial"),
    ]  # fmt: skip
    assert [each.id for each in asyncio.run(connect(tmp_path, account="U2").accounts())] == ["U2"]
    assert read(tmp_path, account="U2").snapshot.holdings == ()
    with pytest.raises(VenueRefused, match="account_mismatch"):
        read(tmp_path, account="U9")
    with pytest.raises(VenueRefused, match="asked for account U9"):
        asyncio.run(connect(tmp_path, account="U9").accounts())


def test_the_evidence_is_the_accounts_own_part_of_the_file(tmp_path):
    write(
        tmp_path,
        statement(OpenPositions=position("1", "1")),
        statement(account="U2", OpenPositions=position("1", "1", symbol="SECRET")),
    )
    (reply,) = read(tmp_path).evidence
    assert (reply.call, b"AAPL" in reply.body) == ("Flex statement one.xml", True)
    assert b"SECRET" not in reply.body


def test_what_was_told_is_not_told_again_and_is_forgotten_with_its_statement(tmp_path):
    old = statement(
        Trades=trade(transactionID="1"), OpenPositions="", days=("20260101", "20261120")
    )
    write(tmp_path, old)
    first = read(tmp_path)
    assert [each.id for each in first.activities] == ["flex:1"]
    second = read(tmp_path, cursor=first.cursor)
    assert (second.activities, second.cursor) == ((), first.cursor)
    assert [each.id for each in read(tmp_path).activities] == ["flex:1"]
    write(tmp_path, statement(OpenPositions="", days=("20261121", "20261130")))
    late = connect(tmp_path)
    late._clock.at = datetime(2026, 12, 20, tzinfo=UTC)
    found = asyncio.run(late.read(AccountId("U1"), cursor=first.cursor))
    assert found.cursor == "{}"


def test_a_book_ties_out_against_a_statement(tmp_path):
    rows = trade("10", "100", ibExecID=f"{STEM}.01") + trade(
        "2", "1.5", **OPTION, ibExecID="x.01", ibCommission="-2"
    )
    positions = position("10", "1001") + position("2", "302", **OPTION)
    write(tmp_path, statement(Trades=rows, OpenPositions=positions))
    found = read(tmp_path)
    account = Account(id=AccountId("U1"), venue="ibkr", history="full")
    plan = tie_out(
        Book(account=account, instruments=found.instruments), found.snapshot, found.activities,
        policy=default_policy("ibkr"), now=NOW,
    )  # fmt: skip
    assert plan.tied_out
    assert [(each.kind, each.average_price) for each in plan.changes] == [
        ("created", 100), ("created", Decimal("1.5")),
    ]  # fmt: skip


BAD = {
    "it is no whole XML": response(statement())[:-30],
    "it is no whole XML (": "",
    "it has a document type": '<!DOCTYPE a [<!ENTITY b "c">]>' + response(statement()),
    "Too many requests": "<FlexStatementResponse><Status>Fail</Status><ErrorCode>1018</ErrorCode>"
    "<ErrorMessage>Too many requests</ErrorMessage></FlexStatementResponse>",
    "it begins with <html>": "<html><body>Log in</body></html>",
    "it says that it has 2 statements and has 1": response(statement(), count=2),
    "its days are written as": response(statement(days=("11/10/2026", "11/12/2026"))),
    "FlexStatement.fromDate": response(statement(days=("2026", "20261120"))),
    "a statement in it is of no account": response(statement(account="")),
}


@pytest.mark.parametrize("words", BAD)
def test_a_file_that_is_no_whole_statement_is_never_flat(tmp_path, words):
    (tmp_path / "bad.xml").write_text(BAD[words], encoding="utf-8")
    with pytest.raises(VenueReplyInvalid) as caught:
        read(tmp_path)
    assert f"bad.xml is left out: {words}"[:50] in str(caught.value)
    assert "download the statement again" in caught.value.advice
    write(tmp_path, statement(OpenPositions=position("1", "1")))
    found = read(tmp_path)
    assert not found.snapshot.complete  # nothing is closed as long as it is there
    assert found.snapshot.problems[0].startswith("bad.xml is left out")


def test_a_file_is_read_again_when_it_has_changed(tmp_path):
    path = write(tmp_path, statement(OpenPositions=position("1", "1")))
    venue = connect(path)
    asyncio.run(venue.read(AccountId("U1"), cursor=None))
    write(tmp_path, statement(OpenPositions=position("25", "25")))
    (holding,) = asyncio.run(venue.read(AccountId("U1"), cursor=None)).snapshot.holdings
    assert holding.quantity == "25"


def test_a_statement_without_positions_says_what_the_query_needs(tmp_path):
    write(tmp_path, statement(Trades=trade()))
    with pytest.raises(VenueReplyInvalid, match="add the section Open Positions"):
        read(tmp_path)


def test_an_empty_folder_is_no_flat_account(tmp_path):
    with pytest.raises(VenueUnavailable, match="there is no Flex statement in"):
        asyncio.run(connect(tmp_path).accounts())


def test_doctor_says_what_there_is(tmp_path):
    write(tmp_path, statement(OpenPositions=""))
    (tmp_path / "bad.xml").write_text("<a", encoding="utf-8")
    good, bad = asyncio.run(connect(tmp_path).check())
    assert (good.level, good.message) == ("ok", "U1, up to 2026-11-20")
    assert (bad.level, "bad.xml" in bad.message) == ("error", True)
    assert bad.advice


def test_doctor_says_that_there_is_nothing(tmp_path):
    (found,) = asyncio.run(connect(tmp_path).check())
    assert (found.level, found.subject) == ("error", "statements")


def test_files_say_nothing_by_themselves_and_need_no_closing(tmp_path):
    venue = connect(tmp_path)
    assert asyncio.run(venue.listen(lambda _: None)) is None
    asyncio.run(venue.aclose())


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"flex": ""}, "connections.flex.flex is not set; it must be a Flex statement"),
        ({"flex": "no/such/file.xml"}, "connections.flex.flex: there is nothing at no/such"),
        ({"address": "127.0.0.1:1"}, "ibkr-flex has no setting address; allowed are account, flex"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path, settings, words):
    with pytest.raises(SettingsError) as caught:
        connect(tmp_path, **settings)
    assert words in str(caught.value)
