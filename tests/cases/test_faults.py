"""Everything that can be wrong with a case file is named, each fault with its JSON path."""

import copy
import json
import re
from typing import Any

import pytest

from tieout.cases.material import CaseFaults
from tieout.cases.reading import read_case

GONE = "(left out)"
GOOD: dict[str, Any] = {
    "case": 1,
    "account": {"id": "main", "venue": "alpaca", "currency": "USD", "history": "full"},
    "policy": {"truth": "broker", "tolerance": {"quantity": "0"}, "by_kind": {}},
    "instruments": [
        {"symbol": "ESZ6", "asset_class": "future", "multiplier": "50", "venue_id": "7"},
        {"symbol": "MGC", "venue_ids": ["8", "9"], "spellings": ["GOLD"]},
    ],
    "book": [
        {
            "symbol": "AAPL",
            "quantity": "10",
            "average_price": "100.00",
            "lots": [
                {"quantity": "4", "price": "99", "at": "2026-11-02T15:00:00Z"},
                {"quantity": "6", "price": "101", "at": "2026-11-03T15:00:00Z"},
            ],
        },
        {"symbol": "BTC/USD", "quantity": "-1", "average_price": "30000"},
    ],
    "steps": [
        {
            "at": "2026-11-20T15:00:00Z",
            "activities": [
                {
                    "id": "f1",
                    "type": "fill",
                    "symbol": "AAPL",
                    "quantity": "-4",
                    "price": "130.00",
                    "at": "2026-11-20T14:58:00Z",
                },
                {
                    "id": "s1",
                    "type": "split",
                    "symbol": "AAPL",
                    "ratio": "4",
                    "at": "2026-11-20T14:59:00Z",
                },
            ],
            "local": [{"action": "open", "symbol": "MSFT", "quantity": "5", "price": "300"}],
            "snapshot": {
                "as_of": "2026-11-20T14:59:58Z",
                "complete": True,
                "holdings": [{"symbol": "AAPL", "quantity": "6", "average_price": "100.00"}],
            },
        },
        {
            "at": "2026-11-20T15:05:00Z",
            "snapshot": None,
            "failure": {"kind": "unavailable", "message": "503"},
        },
    ],
}
FILL = "steps[0].activities[0]"
SPLIT = "steps[0].activities[1]"
SNAPSHOT = "steps[0].snapshot"
LOCAL = "steps[0].local[0]"

# Where in the good case, what stands there instead, and the words of the fault at that place.
FAULTS: list[tuple[str, Any, str]] = [
    # the file
    ("case", GONE, "missing: the version of the format"),
    ("case", 2, "must be 1, the only version there is"),
    ("case", "1", "must be 1"),
    ("case", True, "must be 1"),
    ("stepz", [], "unknown key stepz; allowed are case, account, policy"),
    ("steps", GONE, "missing: a list of what happened"),
    ("steps", {}, "must be a list, not {}"),
    ("steps[0]", "now", 'must be an object, not "now"'),
    # the account
    ("account", GONE, "missing: an object with the venue"),
    ("account", "alpaca", 'must be an object, not "alpaca"'),
    ("account.venue", GONE, "missing: one of alpaca, ibkr, hyperliquid"),
    ("account.venue", "robinhood", "must be one of alpaca, ibkr, .* or ccxt:<id>, not robinhood"),
    ("account.venue", "ccxt:", "must be one of"),
    ("account.id", 7, "must be a text, not 7"),
    ("account.id", " ", "must not be empty"),
    ("account.currency", ["USD"], "must be a text"),
    ("account.history", "some", 'must be one of full, partial, not "some"'),
    ("account.name", "main", "unknown key name; allowed are id, venue, currency, history"),
    # the policy
    ("policy.truth", "me", 'must be one of broker, book, manual, not "me"'),
    ("policy.on_missing", "forget", "must be one of flag, close, delete"),
    ("policy.cost_basis", "FIFO", "must be one of average, fifo, lifo, hifo, specific"),
    ("policy.missing_confirmations", -1, "must be a whole number, at least 1, not -1"),
    ("policy.missing_confirmations", "1.5", "must be a whole number"),
    ("policy.missing_confirmations", True, "must be a finite number, not true"),
    ("policy.guard_close_share", "1.01", "must be a share between 0 and 1"),
    ("policy.guard_close_share", "-0.1", "must not be negative"),
    ("policy.guard_close_min", "-3", "must be a whole number, at least 0"),
    ("policy.guard_empty", "yes", 'must be true or false, not "yes"'),
    ("policy.grace_s", "-1", "must not be negative"),
    ("policy.graze_s", "1", "unknown key graze_s"),
    ("policy.tolerance", "0.01", "must be an object"),
    ("policy.tolerance.quantity", "-0.1", "must not be negative"),
    ("policy.tolerance.average_price", "a cent", 'must be a finite number, not "a cent"'),
    ("policy.tolerance.price", "0.01", "unknown key price"),
    ("policy.by_kind.quality", {}, "unknown key quality"),
    ("policy.by_kind.cost", {"truth": "none"}, None),
    # instruments
    ("instruments[0].symbol", GONE, "missing: the name of the instrument"),
    ("instruments[0].asset_class", "crypto", "must be one of stock, option, future, perpetual"),
    ("instruments[0].multiplier", "0", 'must be more than 0, not "0"'),
    ("instruments[0].expires", "2026-02-30", "must be a date such as 2026-12-18"),
    ("instruments[0].expires", "Dec 18", "must be a date"),
    ("instruments[0].price_decimals", "-1", "must be a whole number, at least 0"),
    ("instruments[0].price_decimals", "51", "must be at most 50"),
    ("instruments[0].inverse", 0, "must be true or false"),
    ("instruments[0].conid", "7", "unknown key conid"),
    ("instruments[1].venue_ids", "8", "must be a list"),
    ("instruments[1].spellings", [8], None),
    ("instruments[1].venue_id", "7", None),
    # the book
    ("book[0].symbol", GONE, "missing: the name of the instrument"),
    ("book[0].quantity", GONE, "missing: the signed quantity"),
    ("book[0].quantity", "0", "must not be 0: what is flat is not in the book"),
    ("book[0].quantity", "ten", 'must be a finite number, not "ten"'),
    ("book[0].quantity", "NaN", "must be a finite number"),
    ("book[0].quantity", "Infinity", "must be a finite number"),
    ("book[0].quantity", True, "must be a finite number, not true"),
    ("book[0].quantity", "1_000", "must be a finite number"),
    ("book[0].quantity", " 10", "must be a finite number"),
    ("book[0].quantity", "\u0661\u0660", "must be a finite number"),
    ("book[0].quantity", "1e99999", "must be a finite number"),
    ("book[0].quantity", "", "must be a finite number"),
    ("book[0].average_price", [100], "must be a finite number"),
    ("book[0].status", "CLOSED", "must be one of OPENING, OPEN, REDUCED, CLOSING"),
    ("book[0].opened_at", "2026-11-02T15:00:00", "needs a time zone"),
    ("book[0].opened_at", "yesterday", "must be a time such as 2026-11-20T15:00:00Z"),
    ("book[0].opened_at", "2026-13-02T15:00:00Z", "must be a time"),
    ("book[0].opened_at", "2026-11-02", "must be a time"),
    ("book[0].opened_at", 1762095600, "must be a time"),
    ("book[0].basis", "guess", "must be one of actual, venue"),
    ("book[0].basis", "venue", "must be actual where there are lots"),
    ("book[0].side", "short", None),
    ("book[0].lots[1].quantity", "5", None),
    ("book[0].lots[1].quantity", "-6", "must be signed like the position"),
    ("book[0].lots[0].price", GONE, "missing: what one unit of the lot cost"),
    ("book[0].lots[1].at", "2026-11-01T15:00:00Z", "lots are given oldest first"),
    ("book[0].lots[0].cost", "99", "unknown key cost"),
    ("book[0].multiplier", "-1", "must be more than 0"),
    ("book[0].qty", "10", "unknown key qty"),
    ("book[1].symbol", "AAPL", None),
    # steps
    ("steps[0].note", "x", "unknown key note"),
    ("steps[1].at", "2026-11-20T14:59:59Z", "goes back in time"),
    ("steps[0].approve", "true", "must be true or false"),
    ("steps[1].failure", GONE, "missing: why there is no snapshot"),
    ("steps[1].failure.kind", "broken", "must be one of unavailable, refused, reply_invalid"),
    ("steps[1].failure.kind", GONE, "missing: one of unavailable"),
    ("steps[1].failure.status", 503, "unknown key status"),
    ("steps[1].snapshot", {"holdings": []}, "must be null where the fetch failed"),
    # snapshots
    (f"{SNAPSHOT}.holdings", GONE, "missing: the list of what the broker holds"),
    (f"{SNAPSHOT}.holdings", {"AAPL": 6}, "must be a list"),
    (f"{SNAPSHOT}.complete", 1, "must be true or false"),
    (f"{SNAPSHOT}.as_of", "2026-11-20", "must be a time"),
    (f"{SNAPSHOT}.pages", 1, "unknown key pages; allowed are as_of, complete, holdings"),
    (f"{SNAPSHOT}.holdings[0].qty", "6", "unknown key qty; allowed are symbol, quantity"),
    # activities
    (f"{FILL}.id", GONE, "missing: the venue's id of the activity"),
    (f"{FILL}.type", GONE, "missing: one of fill, fee, funding"),
    (f"{FILL}.type", "trade", 'must be one of fill, fee, funding, .* not "trade"'),
    (f"{FILL}.symbol", GONE, "missing: the name of the instrument"),
    (f"{FILL}.at", GONE, "missing: when it happened"),
    (f"{FILL}.at", "14:58", "must be a time"),
    (f"{FILL}.price", GONE, "a fill needs a price"),
    (f"{FILL}.price", "NaN", "must be a finite number"),
    (f"{FILL}.quantity", None, "a fill needs a quantity"),
    (f"{FILL}.side", "buy", "must be one of long, short"),
    (f"{FILL}.deleveraged", "no", "must be true or false"),
    (f"{FILL}.fees", "1", "unknown key fees"),
    (f"{SPLIT}.ratio", GONE, "a split needs a ratio"),
    (f"{SPLIT}.ratio", "0", "must be more than 0"),
    (f"{SPLIT}.ratio", "-4", "must be more than 0"),
    (f"{SPLIT}.ratio", "1/0", "must be more than 0"),
    (f"{SPLIT}.ratio", "4:1", "must be a ratio of new to old such as"),
    (f"{SPLIT}.ratio", "1/2/3", "must be a ratio"),
    # our own bookings
    (f"{LOCAL}.action", "buy", "must be one of open, reduce, close, ignore_break"),
    (f"{LOCAL}.action", GONE, "missing: one of open, reduce, close"),
    (f"{LOCAL}.symbol", GONE, "missing: the name of the instrument"),
    (f"{LOCAL}.quantity", GONE, "open needs a quantity"),
    (f"{LOCAL}.price", GONE, "open needs a price"),
    (f"{LOCAL}.fee", "1", "unknown key fee"),
]

# Where the fault is named at another place than the one that was changed.
ELSEWHERE = {
    ("policy.by_kind.cost",): ("$.policy.by_kind.cost.truth", "must be one of broker, book"),
    ("instruments[1].spellings",): ("$.instruments[1].spellings[0]", "must be a text, not 8"),
    ("instruments[1].venue_id",): (
        "$.instruments[1]",
        r"has the same venue_id 7 as \$\.instruments\[0\]",
    ),
    ("book[0].side",): ("$.book[0].quantity", "must be signed like its side, short"),
    ("book[0].lots[1].quantity",): (
        "$.book[0].lots",
        "the lots add up to 9, the position holds 10",
    ),
    ("book[1].symbol",): ("$.book[1]", r"is the same position as \$\.book\[0\]"),
}


def changed(where: str, value: Any) -> bytes:
    """The good case with something else in one place."""
    material = copy.deepcopy(GOOD)
    *path, last = [int(step) if step.isdigit() else step for step in re.findall(r"\w+", where)]
    place: Any = material
    for step in path:
        place = place[step]
    if value == GONE:
        del place[last]
    else:
        place[last] = value
    return json.dumps(material).encode()


def faults_of(data: bytes) -> dict[str, str]:
    with pytest.raises(CaseFaults) as refused:
        read_case(data)
    return {fault.path: fault.message for fault in refused.value.faults}


def test_the_good_case_is_good():
    assert read_case(json.dumps(GOOD).encode()).account.venue == "alpaca"


@pytest.mark.parametrize(("where", "value", "words"), FAULTS, ids=lambda item: str(item)[:50])
def test_a_fault_is_named_with_its_path(where, value, words):
    path = f"$.{where}"
    if words is None:
        path, words = ELSEWHERE[where,]
    faults = faults_of(changed(where, value))
    assert path in faults, faults
    assert re.search(words, faults[path])


def test_all_faults_are_named_at_once():
    material = copy.deepcopy(GOOD)
    material["policy"]["truth"] = "me"
    material["book"][0]["quantity"] = "ten"
    del material["steps"][0]["activities"][0]["price"]
    assert list(faults_of(json.dumps(material).encode())) == [
        "$.policy.truth",
        "$.book[0].quantity",
        "$.steps[0].activities[0].price",
    ]


def test_a_missing_field_is_one_fault():
    assert faults_of(changed(f"{FILL}.price", GONE)) == {
        f"$.{FILL}.price": "a fill needs a price",
    }


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not a JSON document"),
        (b"{", "line 1 column 2"),
        (b"\xff\xfe", "byte 1 is not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[]", "must be an object"),
        (b"null", "must be an object"),
    ],
)
def test_what_is_no_json_object_is_refused(data, words):
    assert words in faults_of(data)["$"]


def test_a_key_that_is_given_twice_is_a_fault():
    data = json.dumps(GOOD).replace('"quantity": "10"', '"quantity": "10", "quantity": "11"')
    assert faults_of(data.encode())["$.book[0].quantity"] == (
        "the key quantity is given more than once"
    )


def test_an_odd_key_is_quoted_in_the_path():
    assert list(faults_of(json.dumps(GOOD | {"odd key": 1}).encode())) == ['$["odd key"]']


def test_a_spelling_of_two_instruments_is_a_fault():
    first, second = {"symbol": "X", "spellings": ["Y/USD"]}, {"symbol": "Z", "spellings": ["yusd"]}
    case = GOOD | {"instruments": [first, second]}
    assert faults_of(json.dumps(case).encode()) == {
        "$.instruments[1]": "has the same spelling YUSD as $.instruments[0]"
    }


def test_a_spelling_of_two_instruments_that_ids_tell_apart_is_none():
    first, second = {"symbol": "X", "venue_id": "1"}, {"symbol": "Z", "venue_id": "2"}
    case = GOOD | {"instruments": [each | {"spellings": ["Y"]} for each in (first, second)]}
    assert len(read_case(json.dumps(case).encode()).instruments) == 2


def test_a_half_character_is_no_text():
    data = json.dumps(GOOD).replace("BTC/USD", "BTC\\ud800")
    assert "printable" in faults_of(data.encode())["$.book[1].symbol"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"symbol": "BTC/USD"}, {"symbol": "BTCUSD"}),
        ({"symbol": "GOLD"}, {"symbol": "MGC"}),
        ({"symbol": "ABC", "venue_id": "1"}, {"symbol": "ABC"}),
        ({"symbol": "ABC", "venue_id": "1"}, {"symbol": "XYZ", "venue_id": "1"}),
        ({"symbol": "X", "venue_id": "8"}, {"symbol": "Y", "venue_id": "9"}),
        ({"symbol": "ABC", "side": "long"}, {"symbol": "ABC", "side": "long"}),
    ],
)
def test_two_rows_of_one_position_are_a_fault(first, second):
    rows = [row | {"quantity": "1"} for row in (first, second)]
    assert "$.book[1]" in faults_of(json.dumps(GOOD | {"book": rows}).encode())


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"symbol": "ABC", "venue_id": "1"}, {"symbol": "ABC", "venue_id": "2"}),
        ({"symbol": "ABC", "side": "long"}, {"symbol": "ABC", "side": "short", "quantity": "-1"}),
        ({"symbol": "ABC"}, {"symbol": "ABCD"}),
    ],
)
def test_rows_of_two_positions_are_none(first, second):
    rows = [{"quantity": "1"} | row for row in (first, second)]
    assert len(read_case(json.dumps(GOOD | {"book": rows}).encode()).book) == 2


ACTIVITY_NEEDS = [
    ("liquidation", {"quantity": "1"}, "price", "a liquidation needs a price"),
    ("fee", {}, "quantity", "a fee needs a quantity"),
    ("fee", {"quantity": "-1"}, "price", "a fee needs a price"),
    ("funding", {}, "cash", "a funding needs the cash"),
    ("dividend", {}, "cash", "a dividend needs the cash"),
    ("rename", {}, "to", "a rename needs the symbol it becomes"),
    ("spin_off", {"ratio": "1/4"}, "to", "a spin_off needs the symbol it becomes"),
    ("spin_off", {"to": "CHILD"}, "ratio", "a spin_off needs a ratio"),
    ("merger", {}, "to", "a merger needs the symbol it becomes"),
    ("merger", {"to": "NEW"}, "ratio", "a merger needs a ratio"),
    ("transfer", {}, "quantity", "a transfer needs a quantity"),
]


@pytest.mark.parametrize(("kind", "fields", "key", "words"), ACTIVITY_NEEDS)
def test_an_activity_needs_what_its_type_needs(kind, fields, key, words):
    activity = {"id": "a1", "type": kind, "symbol": "AAPL", "at": "2026-11-20T14:58:00Z", **fields}
    assert words in faults_of(changed(FILL, activity))[f"$.{FILL}.{key}"]


GOOD_ENOUGH = [
    ("fee", {"cash": "-1"}),
    ("fee", {"quantity": "-0.1", "price": "2000"}),
    ("merger", {"cash": "100"}),
    ("expiry", {}),
    ("assignment", {}),
    ("exercise", {}),
    ("split", {"ratio": 4}),
    ("split", {"ratio": "1/10"}),
    ("fill", {"quantity": "0", "price": "-1.5"}),
]


@pytest.mark.parametrize(("kind", "fields"), GOOD_ENOUGH)
def test_an_activity_needs_no_more(kind, fields):
    activity = {"id": "a1", "type": kind, "symbol": "AAPL", "at": "2026-11-20T14:58:00Z", **fields}
    assert read_case(changed(FILL, activity)).steps[0].activities[0].type == kind


def test_what_takes_an_activity_back_needs_only_the_negated_quantity():
    back = {"id": "f2", "type": "fill", "symbol": "AAPL", "cancels": "f1", "quantity": "4"}
    back["at"] = "2026-11-20T14:59:00Z"
    assert read_case(changed(SPLIT, back)).steps[0].activities[1].cancels == "f1"
    assert faults_of(changed(SPLIT, back | {"quantity": "5"})) == {
        f"$.{SPLIT}.price": "a fill needs a price",
    }


def test_two_products_of_one_coinbase_wallet_are_one_position():
    rows = [{"symbol": name, "quantity": "1"} for name in ("BTC-USD", "BTC-USDC")]
    material = {"case": 1, "account": {"venue": "coinbase"}, "book": rows, "steps": []}
    with pytest.raises(CaseFaults) as raised:
        read_case(json.dumps(material).encode())
    assert "is the same position as $.book[0]" in str(raised.value)
