"""What the real Hyperliquid sent, parsed exactly: every figure is a text of the recording."""

import json

import pytest

from tieout.core.numbers import ZERO, add, exact
from tieout.venues.hyperliquid import fills, ledger, wire
from tieout.venues.hyperliquid.fills import fill_id
from tieout.venues.hyperliquid.markets import Markets
from tieout.venues.moments import moment_of
from venues.hyperliquid_recordings import ABSENT, cassette, is_here, payload

pytestmark = pytest.mark.skipif(not is_here(), reason=ABSENT)
USER = "0xb7b6f3cea3f66bf525f5d8f965f6dbf6d9b017b2"


@pytest.mark.parametrize("name", ["get_user_fills", "get_user_fills_by_time"])
def test_the_500_fills_are_500_activities_with_the_digits_that_were_sent(name):
    _, body = cassette(name)
    rows, sent = wire.fills_in(body), json.loads(body)
    found = fills.translated(rows, user=USER, markets=Markets())
    assert (len(found.activities), found.problems, found.ignored) == (500, [], [])
    assert len({each.id for each in found.activities}) == 500
    for activity, raw in zip(found.activities, sent, strict=True):
        sign = "" if raw["side"] == "B" else "-"
        assert str(activity.quantity) == f"{sign}{raw['sz']}"
        assert str(activity.price) == raw["px"]
        assert str(activity.fee) == raw["fee"]
        assert str(activity.realized_pnl) == raw["closedPnl"]
        assert moment_of(raw["time"]) == activity.at
        assert activity.symbol == raw["coin"]


def test_self_trades_of_one_millisecond_are_no_gaps():
    """86 of the 333 groups of a coin and a time have both sides in them.

    The one gap is real: the recording ends within a millisecond, and one side of a self-trade in
    SUI fell behind its edge.
    """
    _, body = cassette("get_user_fills")
    rows = sorted(wire.fills_in(body), key=lambda row: row.time)
    groups = {(row.coin, row.time): set() for row in rows}
    for row in rows:
        groups[row.coin, row.time].add(row.side)
    assert (len(groups), sum(len(sides) == 2 for sides in groups.values())) == (333, 86)
    (gap,) = fills.gaps(rows, held={})
    assert (gap.coin, gap.expected, gap.found) == ("SUI", exact("-1734.8"), exact("-1839.2"))
    assert [row.time for row in rows if row.coin == "SUI"][:2] == [rows[0].time, gap.time]


def test_a_recorded_state_is_all_of_its_positions():
    _, body = cassette("get_user_state")
    state = wire.state_in(body)
    sent = [row["position"] for row in json.loads(body)["assetPositions"]]
    assert [(row.coin, row.szi, row.entry_px, row.liquidation_px) for row in state.rows] == [
        (each["coin"], each["szi"], each["entryPx"], each["liquidationPx"]) for each in sent
    ]
    assert None in {row.liquidation_px for row in state.rows}


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("user_funding_history_with_end_time", 13),
        ("user_funding_history_without_end_time", 218),
    ],
)
def test_funding_is_the_money_that_was_paid(name, count):
    _, body = cassette(name)
    found = ledger.funding(wire.funding_in(body), markets=Markets())
    assert (len(found.activities), found.problems) == (count, [])
    assert len({each.id for each in found.activities}) == count
    assert [str(each.cash) for each in found.activities] == [
        row["delta"]["usdc"] for row in json.loads(body)
    ]


def test_ledger_updates_have_all_digits():
    _, body = cassette("user_non_funding_ledger_updates_without_end_time")
    rows = wire.ledger_in(body)
    assert [row.kind for row in rows] == [row["delta"]["type"] for row in json.loads(body)]
    assert rows[0].text("usdc") == "2703997.4500000002"
    found = ledger.transfers(rows, user=USER, markets=Markets(), backstops=())
    assert found.problems == []
    assert "2 deposit" in found.ignored[0]


def test_dust_vaults_and_a_fee_in_the_token_bought():
    body = payload("http_user_fills_dust_conversion")
    rows = wire.fills_in(body)
    markets = Markets()
    markets._spot = wire.spot_in(
        json.dumps(
            {
                "tokens": [
                    {"name": "USDC", "index": 0},
                    {"name": "USOL", "index": 1},
                    {"name": "UBTC", "index": 2},
                ],
                "universe": [
                    {"name": "@156", "tokens": [1, 0]},
                    {"name": "@142", "tokens": [2, 0]},
                ],
            }
        ).encode()
    )
    found = fills.translated(rows, user=USER, markets=markets)
    assert (found.problems, found.ignored) == ([], [])
    told = {each.symbol: each for each in found.activities}
    assert (told["USOL/USDC"].quantity, told["USOL/USDC"].fee) == (
        exact("1.267"),
        exact("0.00088689"),
    )
    assert told["USOL/USDC"].fee_currency == "USOL"
    assert told["UBTC/USDC"].quantity == exact("-0.0000086141")
    assert told["UBTC/USDC"].realized_pnl is None
    assert told["MANTA"].quantity == exact("-114.3")
    assert len({fill_id(row) for row in rows}) == len(rows)


def test_a_gap_before_a_recorded_fill_is_said():
    """Edge case 62: 400000 were held, and the next fill starts from 432064.5."""
    rows = wire.fills_in(payload("http_user_fills_dust_conversion"))
    arb = [row for row in rows if row.coin == "ARB"]
    (gap,) = fills.gaps(arb, held={"ARB": exact("400000")})
    assert (gap.expected, gap.found) == (exact("400000"), exact("432064.5"))
    assert gap.words.startswith("missing_fills: ARB went from 400000 to 432064.5 before ")
    assert fills.positions_after(arb, held={})["ARB"] == exact("440616.8")


@pytest.mark.parametrize(
    ("user", "kind"),
    [("0x360878d351f05975e25f1807a27895e1e5e004fb", "liquidation"), (USER, "fill")],
)
def test_the_recorded_liquidation_is_told_to_both_of_its_sides(user, kind):
    message = json.loads(payload("ws_user_fill_liquidation"))
    rows = wire.fills_in(json.dumps(message["data"]["fills"]).encode())
    (activity,) = fills.translated(rows, user=user, markets=Markets()).activities
    assert activity.type == kind
    assert (activity.quantity, activity.fee) == (exact("-0.001"), exact("0.009997"))


def test_spot_balances_of_a_recording():
    rows = wire.balances_in(payload("http_spot_clearinghouse_state"))
    assert [(row.coin, row.total, row.entry_ntl) for row in rows][1:] == [
        ("PURR", "2000", "1234.56"),
        ("HYPE", "5.2", "75.4"),
        ("+10", "25", "12.5"),
    ]


def test_the_other_recorded_replies():
    assert wire.role_in(cassette("user_role")[1]).name == "vault"
    assert wire.agents_in(cassette("extra_agents")[1]) == 2
    assert wire.limits_in(cassette("user_rate_limit")[1])["cumVlm"] == "170043721737.450012207"
    assert wire.perps_in(cassette("get_info")[1]).size_decimals["BTC"] == 5


def test_the_funding_of_a_recording_adds_up():
    _, body = cassette("user_funding_history_with_end_time")
    total = ZERO
    for row in json.loads(body):
        total = add(total, exact(row["delta"]["usdc"]))
    found = ledger.funding(wire.funding_in(body), markets=Markets())
    ours = ZERO
    for each in found.activities:
        ours = add(ours, each.cash)
    assert ours == total
