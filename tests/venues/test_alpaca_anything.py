"""Whatever a body says, it is read as rows with problems or refused; nothing else is raised."""

import contextlib
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tieout.core.activity import content_digest
from tieout.venues.alpaca.activities import translated as activities_of
from tieout.venues.alpaca.positions import quantities, without_quote
from tieout.venues.alpaca.positions import translated as holdings_of
from tieout.venues.alpaca.wire import (
    ActivityRow,
    PositionRow,
    account_in,
    activities_in,
    positions_in,
)
from tieout.venues.http.bodies import BodyInvalid, message_in
from venues.alpaca import NOW

KINDS = [
    *("FILL", "CFEE", "FEE", "DIV", "CIL", "SPLIT", "SSP", "NC", "SC", "MA", "REORG", "SPIN"),
    *("SSO", "OPCA", "OPEXP", "OPASN", "OPEXC", "OPTRD", "OPCSH", "FIMAT", "ACATS", "JNLS"),
    *("CSD", "INT", "VOF", "WONDER"),
]
WORDS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(["long", "short", "buy", "sell", "1", "-1", "0", "1.5", "NaN", "1e9999", ""]),
    st.sampled_from(
        ["2026-11-19", "2026-11-19T00:00:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31"]
    ),
    st.sampled_from(["AAPL", "BTCUSD", "USD", "g1", "executed", "canceled", "USPLIT", "SCMA"]),
)
ANYTHING = st.recursive(
    WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=10,
)


def rows(struct: type, **fields: Any) -> st.SearchStrategy[Any]:
    """Lists of objects with the fields of a row, and of anything else."""
    names = [name for name in struct.__struct_fields__ if name not in fields]
    row = st.dictionaries(st.sampled_from(names), WORDS).flatmap(
        lambda some: st.fixed_dictionaries(
            {name: st.just(value) for name, value in some.items()} | fields
        )
    )
    return st.lists(row | ANYTHING, max_size=6)


@given(rows(PositionRow))
def test_every_row_of_positions_becomes_a_holding_or_a_problem(found):
    listed = positions_in(json.dumps(found).encode())
    translated = holdings_of(listed, pairs={})
    assert len(translated.holdings) == len(found)
    assert len(translated.problems) == sum(not each.symbol for each in translated.holdings)
    without_quote(listed)
    quantities(listed)


@given(rows(ActivityRow, activity_type=st.sampled_from(KINDS)))
def test_activities_come_out_the_same_every_time(found):
    body = json.dumps(found).encode()
    first, second = (activities_of(activities_in(body), now=NOW) for _ in range(2))
    assert [content_digest(each) for each in first.activities] == [
        content_digest(each) for each in second.activities
    ]
    assert all(each.id and each.at.tzinfo for each in first.activities)


@given(st.binary() | ANYTHING.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_read_or_refused(body):
    message_in(body)
    for read in (positions_in, activities_in, account_in):
        with contextlib.suppress(BodyInvalid):
            read(body)
