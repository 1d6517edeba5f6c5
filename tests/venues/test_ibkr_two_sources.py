"""A gateway with Flex statements beside it: each execution counts once, whoever tells it."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest

from tieout.core.errors import SettingsError
from tieout.venues import registry
from tieout.venues.ibkr.flex_files import FlexFiles
from venues.alpaca import FakeClock
from venues.flex import STEM, action, statement, trade, write
from venues.ibkr import AAPL, NOW, read, venue_at
from venues.test_ibkr_cases import Desk, kinds
from venues.tws import commission, execution

FIRST = f"{STEM}.01"
AT = "20261120-14:30:00"  # 9:30 in New York


@pytest.fixture
def folder(tmp_path):
    return tmp_path


@pytest.fixture
def gateway(tws, folder):
    venue = venue_at(tws, FakeClock(NOW), flex=FlexFiles(folder))
    yield venue
    asyncio.run(venue.aclose())


def live(tws, name=FIRST, price="100", report="1.0"):
    tws.fill(execution(name, AAPL, "10", price, at=AT), report and commission(name, report))


def flexed(folder, *rows, **more):
    write(folder, statement(Trades="".join(rows), made="20261120;093500", **more))


def ids(found):
    assert found.snapshot.complete
    return [each.id for each in found.activities]


def test_an_execution_that_both_tell_is_the_gateways(tws, gateway, folder):
    live(tws)
    flexed(folder, trade(ibExecID=FIRST, transactionID="1", ibCommission="-0.99"))
    found = read(gateway)
    assert ids(found) == [FIRST]
    assert found.activities[0].fee == 1


def test_what_the_gateway_told_is_not_told_again_by_a_statement(tws, gateway, folder):
    live(tws)
    before = read(gateway)
    tws.executions.clear()
    tws.drop()
    flexed(folder, trade(ibExecID=FIRST, transactionID="1"))
    assert ids(read(gateway, cursor=before.cursor)) == []


def test_what_a_statement_told_is_not_told_again_by_the_gateway(tws, gateway, folder):
    flexed(folder, trade(ibExecID=FIRST, transactionID="1"))
    before = read(gateway)
    assert ids(before) == [FIRST]
    live(tws)
    assert ids(read(gateway, cursor=before.cursor)) == []


def test_a_commission_that_the_gateway_does_not_report_comes_with_the_statement(
    tws, gateway, folder
):
    live(tws, report=None)
    assert "left to a Flex statement" in read(gateway).ignored[0]
    flexed(folder, trade(ibExecID=FIRST, transactionID="1", ibCommission="-0.35"))
    found = read(gateway)
    assert (ids(found), found.activities[0].fee) == ([FIRST], Decimal("0.35"))


def test_a_correction_in_a_statement_takes_back_what_the_gateway_told(tws, gateway, folder):
    live(tws)
    before = read(gateway)
    corrected = trade("10", "101", ibExecID=f"{STEM}.02", transactionID="2")
    flexed(folder, trade(ibExecID=FIRST, transactionID="1"), corrected)
    found = read(gateway, cursor=before.cursor)
    assert [(each.id, each.cancels) for each in found.activities] == [
        (FIRST, None), (f"{STEM}.02", FIRST),
    ]  # fmt: skip


def test_ids_are_remembered_for_as_long_as_a_statement_tells_of_their_days(tws, gateway, folder):
    live(tws)
    flexed(folder, trade(ibExecID=FIRST, transactionID="1"), days=("20261101", "20261130"))
    before = read(gateway)
    gateway._clock.at += timedelta(days=30)
    tws.executions.clear()
    tws.drop()
    assert ids(read(gateway, cursor=before.cursor)) == []


def test_the_statement_is_kept_as_evidence_of_what_it_told_and_not_else(tws, gateway, folder):
    flexed(folder, trade(transactionID="1"))
    first = read(gateway)
    assert first.evidence[-1].call == "Flex statement one.xml"
    second = read(gateway, cursor=first.cursor)
    assert not [each for each in second.evidence if "Flex" in each.call]


def test_a_statement_of_another_account_tells_nothing_of_this_one(tws, gateway, folder):
    flexed(folder, trade(transactionID="1"), account="U2")
    assert ids(read(gateway)) == []


def test_a_statement_that_cannot_be_read_keeps_the_reading_from_being_complete(
    tws, gateway, folder
):
    (folder / "bad.xml").write_text("<a", encoding="utf-8")
    assert "bad.xml is left out" in read(gateway).snapshot.problems[0]


def test_case_55_a_statement_explains_what_the_gateway_no_longer_tells(tws, gateway, folder):
    desk = Desk(tws, gateway)
    tws.hold(AAPL, "100", "10")
    tws.portfolio["U1"] = [[*AAPL, "60", "11.5", "690", "10", "90", "0"]]
    desk.sync()
    tws.hold(AAPL, "60", "10")
    plan = desk.sync()
    assert (kinds(plan), plan.changes[0].is_estimated) == ([("reduced", "AAPL")], True)
    assert plan.changes[0].realized.of("USD").gross.value == 60
    sold = trade("-40", "12", ibExecID=FIRST, transactionID="1", ibCommission="0",
                 fifoPnlRealized="80", dateTime="20261120;103000")  # fmt: skip
    flexed(folder, sold)
    plan = desk.sync()
    assert plan.tied_out
    (change,) = plan.changes
    assert (change.kind, change.is_estimated, change.explained_by) == (
        "restated", False, (FIRST,),
    )  # fmt: skip
    assert change.realized.of("USD").gross.value == 20
    assert desk.holds("AAPL") == 60
    assert desk.position("AAPL").reconciliation == "SYNCED"


def test_a_split_in_a_statement_explains_the_positions(tws, gateway, folder):
    desk = Desk(tws, gateway)
    tws.hold(AAPL, "2.7932", "200")
    desk.sync()
    tws.hold(AAPL, "11.1728", "50")
    text = "AAPL(US0378331005) SPLIT 4 FOR 1 (AAPL, APPLE INC, US0378331005)"
    row = action("FS", "8.3796", text, dateTime="20261120;103000")
    flexed(folder, CorporateActions=row)
    plan = desk.sync()
    assert (plan.tied_out, kinds(plan), plan.breaks) == (True, [("split", "AAPL")], ())


def test_the_setting_names_what_is_not_there(tmp_path):
    with pytest.raises(SettingsError, match=r"connections\.gateway\.flex: there is nothing at"):
        registry.connect(
            "ibkr", name="gateway", settings={"flex": f"{tmp_path}/none"}, clock=FakeClock(NOW)
        )
    venue = registry.connect(
        "ibkr", name="gateway", settings={"flex": f"{tmp_path}"}, clock=FakeClock(NOW)
    )
    assert repr(venue).startswith("IbkrVenue('gateway'")


def test_a_statement_is_parsed_once_and_again_when_it_has_changed(tws, gateway, folder):
    flexed(folder, trade(transactionID="1"))
    shelf = gateway._flex.shelf
    first = gateway._library.told_by("U1", shelf().of("U1"))
    assert gateway._library.told_by("U1", shelf().of("U1")) is first
    flexed(folder, trade(transactionID="1"), trade("5", transactionID="22"))
    assert ids(read(gateway)) == ["flex:1", "flex:22"]
