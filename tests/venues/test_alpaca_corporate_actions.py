"""Corporate actions: rows in pairs and threes, as documented and as sent."""

import json
from datetime import timedelta

import pytest

from tieout.core.activity import Ratio, content_digest, missing_fields
from tieout.core.numbers import exact
from tieout.venues.alpaca.activities import Translated, translated
from tieout.venues.alpaca.wire import activities_in
from venues.alpaca import NOW, booked


def all_of(*rows: dict, now=NOW) -> Translated:
    return translated(activities_in(json.dumps(rows).encode()), now=now)


def ratio(new: str, old: str) -> Ratio:
    return Ratio(new=exact(new), old=exact(old))


def pair(kind: str, *rows: dict, **shared) -> list[dict]:
    return [
        booked(kind, number, **{"group_id": "g1", **shared, **row})
        for number, row in enumerate(rows, start=1)
    ]


FORWARD = pair(
    "SPLIT",
    {"qty": "-0.54796447", "price": "62.32"},
    {"qty": "0.821946705", "price": "41.5467"},
    symbol="SF",
    activity_sub_type="FSPLIT",
)
REVERSE = pair(
    "SPLIT",
    {"qty": "-33", "description": "REMOVE, From QTY:-33, To QTY:1.65, Position Value:231"},
    {"qty": "1.65", "description": "ADD, From QTY:-33, To QTY:1.65, Position Value:231"},
    symbol="XRPT",
    activity_sub_type="RSPLIT",
)


def test_a_split_is_one_activity_with_the_rates_that_are_told():
    rows = [{**row, "old_rate": "1", "new_rate": "1.5"} for row in FORWARD]
    (split,) = all_of(*rows).activities
    assert (split.id, split.type, split.symbol) == ("SPLIT:g1", "split", "SF")
    assert split.ratio == ratio("1.5", "1")
    assert (split.quantity, split.price, split.cash) == (None, None, None)


def test_a_split_without_rates_has_the_ratio_of_its_units():
    (split,) = all_of(*FORWARD).activities
    assert split.ratio == ratio("0.821946705", "0.54796447")


def test_a_split_may_be_told_by_the_text_of_one_row():
    for rows in (REVERSE, REVERSE[:1], REVERSE[1:]):
        (split,) = all_of(*rows).activities
        assert split.ratio == ratio("1.65", "33")


@pytest.mark.parametrize("sub_kind", ["FSPLIT", "RSPLIT"])
def test_the_split_of_a_short_goes_the_same_way(sub_kind):
    more, fewer = ("-400", "100") if sub_kind == "FSPLIT" else ("100", "-5")
    rows = pair("SPLIT", {"qty": fewer}, {"qty": more}, symbol="X", activity_sub_type=sub_kind)
    (split,) = all_of(*rows).activities
    assert split.ratio is not None
    assert (split.ratio.new > split.ratio.old) == (sub_kind == "FSPLIT")


def test_half_a_split_waits_for_the_other_half():
    found = all_of(FORWARD[0])
    assert found.activities == []
    assert found.ignored == ["1 x SPLIT:g1: waits for its other half"]


def test_half_a_split_that_stays_alone_is_reported_as_wrong():
    (split,) = all_of(FORWARD[0], now=NOW + timedelta(days=2)).activities
    assert missing_fields(split) == ("ratio",)


def test_rows_without_a_group_belong_together_by_day_and_symbol():
    rows = [{**row, "group_id": None} for row in FORWARD]
    other = [{**row, "symbol": "ZZ", "id": row["id"] + "z"} for row in rows]
    first, second = all_of(*rows, *other).activities
    assert (first.id, second.id) == ("SPLIT:2026-11-19:SF", "SPLIT:2026-11-19:ZZ")


def test_terms_may_be_kept_in_details():
    body = b"""[{"id": "1", "activity_type": "SPLIT", "date": "2026-11-19", "qty": "-33",
        "details": {"group_id": "g9", "symbol": "XRPT", "old_rate": "20", "new_rate": 1.0,
                    "ex_date": "2026-11-19"}}]"""
    (split,) = translated(activities_in(body), now=NOW).activities
    assert (split.id, split.symbol, split.ratio) == ("SPLIT:g9", "XRPT", ratio("1.0", "20"))


def test_a_new_name_keeps_the_position():
    rows = pair(
        "NC",
        {"qty": "-7.30762391", "symbol": "RNA"},
        {"qty": "7.30762391", "symbol": "RNAM"},
        price="328.77",
        activity_sub_type="SNC",
    )
    (rename,) = all_of(*rows).activities
    assert (rename.type, rename.symbol, rename.to) == ("rename", "RNA", "RNAM")
    assert (rename.quantity, rename.price) == (None, None)


@pytest.mark.parametrize("sign", ["", "-"])
def test_a_new_name_is_told_by_its_text_for_a_short_too(sign):
    text = "Name Change from YTEN to YTENQ"
    other = "-" if not sign else ""
    rows = pair(
        "NC",
        {"qty": f"{sign}1", "symbol": "YTENQ"},
        {"qty": f"{other}1", "symbol": "YTEN"},
        description=text,
    )
    for part in (rows, rows[:1], rows[1:]):
        (rename,) = all_of(*part).activities
        assert (rename.symbol, rename.to) == ("YTEN", "YTENQ")


def test_a_new_name_may_bring_a_new_id():
    (rename,) = all_of(
        *pair("NC", {"qty": "-1"}, old_symbol="RNA", new_symbol="RNAM", new_asset_id="b2")
    ).activities
    assert rename.venue_id == "b2"


def test_a_spin_off_brings_new_shares_of_unknown_cost():
    (found,) = all_of(
        *pair("SPIN", {"qty": "0.2", "price": "0"}, new_symbol="RNA", source_symbol="RNAM",
              new_rate="0.1", source_rate="1", source_qty="2", new_qty="0.2")
    ).activities  # fmt: skip
    assert (found.type, found.symbol, found.to) == ("spin_off", "RNAM", "RNA")
    assert found.ratio == ratio("0.1", "1")
    assert found.cost is None


def test_a_spin_off_is_told_by_its_text():
    text = "Target Symbol: CON, Initiating Symbol: SEM, 0.806971 CON for each 1 SEM"
    rows = pair(
        "SPIN",
        {"symbol": "CON", "qty": "0.054339042", "price": "12.8328", "description": text},
        {"symbol": "SEM", "qty": "0.067337044", "description": "ADD, Cost basis adjustment"},
        {"symbol": "SEM", "qty": "-0.067337044", "description": "REMOVE, Cost basis adjustment"},
    )
    for part in (rows, rows[:1]):
        (found,) = all_of(*part).activities
        assert (found.symbol, found.to, found.ratio) == ("SEM", "CON", ratio("0.806971", "1"))
    without_text = [{**row, "description": None} for row in rows]
    (found,) = all_of(*without_text).activities
    assert (found.symbol, found.to) == ("SEM", "CON")
    assert found.ratio == ratio("0.054339042", "0.067337044")


def test_new_shares_of_unknown_origin_are_a_transfer_in_the_end():
    rows = pair("SPIN", {"symbol": "CON", "qty": "0.2"})
    assert all_of(*rows).activities == []
    (found,) = all_of(*rows, now=NOW + timedelta(days=2)).activities
    assert (found.type, found.symbol, found.quantity) == ("transfer", "CON", exact("0.2"))
    assert found.cost is None


def test_a_unit_falls_into_its_share_and_its_warrant():
    rows = pair(
        "SPLIT",
        {"symbol": "CCCXU", "qty": "-8", "price": "26.31"},
        {"symbol": "INFQ.WS", "qty": "2", "price": "0"},
        {"symbol": "INFQ", "qty": "8", "price": "26.31"},
        activity_sub_type="USPLIT",
    )
    for part in (rows, rows[::-1]):
        warrant, share = all_of(*part).activities
        assert (warrant.type, warrant.symbol, warrant.to) == ("spin_off", "CCCXU", "INFQ.WS")
        assert (warrant.ratio, warrant.cost, warrant.cash) == (ratio("2", "8"), None, None)
        assert (share.type, share.symbol, share.to) == ("merger", "CCCXU", "INFQ")
        assert (share.ratio, share.cash) == (ratio("8", "8"), None)
        assert (share.id, warrant.id) == ("SPLIT:g1", "SPLIT:g1#INFQ.WS")
    assert all_of(*rows[:2]).activities == []


def test_a_merger_for_cash():
    rows = pair(
        "MA",
        {"qty": "-2", "price": "5.88"},
        {"qty": "0", "net_amount": "25.27"},
        symbol="HIE",
        activity_sub_type="CMA",
    )
    (merger,) = all_of(*rows).activities
    assert (merger.type, merger.symbol, merger.to) == ("merger", "HIE", None)
    assert (merger.cash, merger.ratio) == (exact("25.27"), None)
    assert all_of(rows[0]).activities == []


def test_a_merger_for_shares_whose_worth_is_no_money():
    rows = pair(
        "MA",
        {"symbol": "MRO", "qty": "-0.716836558", "price": "24.1617"},
        {"symbol": "COP", "qty": "0.182793322", "price": "94.7518"},
        activity_sub_type="SMA",
    )
    (merger,) = all_of(*rows).activities
    assert (merger.symbol, merger.to) == ("MRO", "COP")
    assert merger.ratio == ratio("0.182793322", "0.716836558")
    assert merger.cash is None
    told = [{**row, "description": "Stock Merger 0.255 COP for 1 MRO"} for row in rows]
    digests = set()
    for part in (told, told[:1], told[1:]):
        (merger,) = all_of(*part).activities
        assert (merger.symbol, merger.to, merger.ratio) == ("MRO", "COP", ratio("0.255", "1"))
        digests.add(content_digest(merger))
    assert len(digests) == 1


def test_a_merger_for_shares_and_cash_waits_for_both():
    rows = pair(
        "MA",
        {"symbol": "PSTX", "qty": "-6.522449746"},
        {"symbol": "737CVR019", "qty": "6.522449746"},
        {"symbol": "PSTX", "qty": "0", "net_amount": "58.7"},
        activity_sub_type="SCMA",
        description="Stock Cash Merger 1 737CVR019 and $9 for 1 PSTX",
    )
    for part in (rows[:1], rows[:2], rows[1:2]):
        assert all_of(*part).activities == []
    (merger,) = all_of(*rows).activities
    assert (merger.symbol, merger.to, merger.cash) == ("PSTX", "737CVR019", exact("58.7"))
    assert merger.ratio == ratio("1", "1")


@pytest.mark.parametrize("sign", ["", "-"])
def test_a_merger_may_be_told_by_fields_for_a_short_too(sign):
    other = "-" if not sign else ""
    rows = pair(
        "MA",
        {"symbol": "OLD", "qty": f"{other}2000"},
        {"symbol": "NEW", "qty": f"{sign}200"},
        acquiree_symbol="OLD",
        acquirer_symbol="NEW",
        acquiree_rate="1",
        acquirer_rate="0.1",
    )
    for part in (rows, rows[:1], rows[::-1]):
        (merger,) = all_of(*part).activities
        assert (merger.symbol, merger.to, merger.ratio) == ("OLD", "NEW", ratio("0.1", "1"))


def test_a_short_is_bought_out_for_cash():
    rows = pair(
        "MA",
        {"qty": "33"},
        {"qty": "0", "net_amount": "-6600"},
        symbol="AAPL",
        activity_sub_type="CMA",
    )
    (merger,) = all_of(*rows).activities
    assert (merger.symbol, merger.to, merger.cash) == ("AAPL", None, exact("-6600"))


def test_a_short_unit_falls_apart_the_same_way():
    rows = pair(
        "SPLIT",
        {"symbol": "CCCXU", "qty": "8", "price": "26.31"},
        {"symbol": "INFQ.WS", "qty": "-2", "price": "0"},
        {"symbol": "INFQ", "qty": "-8", "price": "26.31"},
        activity_sub_type="USPLIT",
    )
    warrant, share = all_of(*rows).activities
    assert (warrant.symbol, warrant.to, share.to) == ("CCCXU", "INFQ.WS", "INFQ")


def test_a_merger_in_one_row_that_pays():
    rows = pair("MA", {"symbol": "HIE", "qty": "-2", "net_amount": "25.27"})
    (merger,) = all_of(*rows).activities
    assert (merger.symbol, merger.cash) == ("HIE", exact("25.27"))


def test_a_merger_that_never_says_into_what_is_reported_as_wrong():
    rows = pair("MA", {"symbol": "HIE", "qty": "-2"})
    (merger,) = all_of(*rows, now=NOW + timedelta(days=2)).activities
    assert missing_fields(merger) == ("to",)


@pytest.mark.parametrize(
    "fields", [{"activity_sub_type": "WRM"}, {"description": "Worthless Removal - SRV.RT"}]
)
def test_what_is_removed_as_worthless_ends_at_0(fields):
    (end,) = all_of(*pair("REORG", {"symbol": "SRV.RT", "qty": "-8", **fields})).activities
    assert (end.type, end.quantity, end.price) == ("expiry", exact("-8"), exact("0"))


def test_a_removal_that_nothing_follows_is_worthless_in_the_end():
    rows = pair("REORG", {"symbol": "SRV.RT", "qty": "-8"})
    assert all_of(*rows).activities == []
    (end,) = all_of(*rows, now=NOW + timedelta(days=2)).activities
    assert (end.type, end.price) == ("expiry", exact("0"))


def test_a_reorganization_may_exchange():
    rows = pair("REORG", {"symbol": "OLD", "qty": "-8"}, {"symbol": "NEW", "qty": "4"})
    (found,) = all_of(*rows).activities
    assert (found.type, found.symbol, found.to) == ("merger", "OLD", "NEW")
    assert found.ratio == ratio("4", "8")


def test_a_contract_that_is_adjusted_has_a_new_name():
    rows = pair(
        "OPCA",
        {"symbol": "F250228P00010000", "qty": "-5", "net_amount": "245"},
        {"symbol": "F250228P00009850", "qty": "5", "net_amount": "-245"},
        activity_sub_type="DIV.CDIV",
    )
    (rename,) = all_of(*rows).activities
    assert (rename.type, rename.symbol) == ("rename", "F250228P00010000")
    assert (rename.to, rename.cash) == ("F250228P00009850", None)


def test_contracts_that_are_split_carry_their_cost():
    rows = pair(
        "OPCA",
        {"symbol": "LRCX241115C00950000", "qty": "-1", "net_amount": "1050"},
        {"symbol": "LRCX241115C00095000", "qty": "10", "net_amount": "-1050"},
        activity_sub_type="SPLIT.FSPLIT",
    )
    (found,) = all_of(*rows).activities
    assert (found.type, found.to) == ("merger", "LRCX241115C00095000")
    assert (found.ratio, found.cash) == (ratio("10", "1"), None)


@pytest.mark.parametrize(("old", "new"), [("SSP", "SPLIT"), ("SSO", "SPIN"), ("SC", "NC")])
def test_the_names_of_before_still_work(old, new):
    rows = pair(old, {"symbol": "AAA", "qty": "-1"}, {"symbol": "BBB", "qty": "1"})
    assert [each.id for each in all_of(*rows).activities] in ([f"{new}:g1"], [])


def test_an_action_that_is_canceled_is_taken_back_as_a_whole():
    rows = [{**row, "status": "canceled"} for row in FORWARD]
    (found,) = all_of(*rows).activities
    assert (found.id, found.cancels) == ("SPLIT:g1#canceled", "SPLIT:g1")


def test_rows_that_are_still_pending_wait():
    rows = [{**row, "status": "pending"} for row in FORWARD]
    assert all_of(*rows).activities == []
