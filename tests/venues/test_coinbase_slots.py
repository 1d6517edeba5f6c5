"""What is known of slots between readings, and what a reading that began before may not undo."""

from datetime import timedelta

import pytest

from tieout.venues.coinbase.rows import SubaccountRow, in_slot, slot_of
from tieout.venues.coinbase.slots import AWAITED, KEPT, Slots
from tieout.venues.moments import milliseconds_of
from venues.coinbase import SteppedClock

SLOT = 123456
LISTED = [SubaccountRow(id=1000), SubaccountRow(id=SLOT, is_isolated=True)]


@pytest.fixture
def clock():
    return SteppedClock()


@pytest.fixture
def slots(clock):
    return Slots(clock.now)


def advance(clock, by: timedelta):
    clock.advance(by.total_seconds())


def test_the_list_is_good_for_a_while(slots, clock):
    assert slots.is_list_old
    slots.note(LISTED, count=slots.count)
    assert slots.listed == {SLOT}
    assert not slots.is_list_old
    advance(clock, KEPT)
    assert slots.is_list_old


def test_what_is_heard_while_a_slot_is_read_makes_it_be_read_again(slots):
    began = slots.count
    slots.hear(SLOT)
    slots.was_read(SLOT, is_empty=True, count=began)
    assert slots.heard == [SLOT]
    assert not slots.is_empty(SLOT)
    slots.was_read(SLOT, is_empty=True, count=slots.count)
    assert slots.heard == []
    assert slots.is_empty(SLOT)


def test_a_reconnect_while_slots_are_read_makes_them_be_read_again(slots):
    began = slots.count
    slots.forget()
    slots.note(LISTED, count=began)
    slots.was_read(SLOT, is_empty=True, count=began)
    assert slots.is_list_old
    assert not slots.is_empty(SLOT)


def test_an_empty_slot_is_read_again_after_a_while_and_at_once_when_it_is_heard_of(slots, clock):
    slots.was_read(SLOT, is_empty=True, count=slots.count)
    advance(clock, KEPT)
    assert not slots.is_empty(SLOT)
    slots.was_read(SLOT, is_empty=True, count=slots.count)
    slots.hear(SLOT)
    assert not slots.is_empty(SLOT)


def test_a_slot_is_over_a_day_after_its_last_trade_if_it_is_not_there(slots, clock):
    last = milliseconds_of(clock.now())
    assert not slots.is_over(SLOT, 0)  # nobody has said which there are
    slots.note(LISTED[:1], count=slots.count)
    assert not slots.is_over(SLOT, last)
    advance(clock, AWAITED)
    assert slots.is_over(SLOT, last)
    slots.hear(SLOT)
    assert not slots.is_over(SLOT, last)
    slots.note(LISTED, count=slots.count)
    assert not slots.is_over(SLOT, last)


def test_what_was_heard_of_and_never_answered_is_given_up_after_a_day(slots, clock):
    slots.hear(SLOT)
    advance(clock, AWAITED)
    assert slots.heard == []


def test_the_login_itself_is_no_slot_though_one_heard_of_it(slots):
    slots.hear(LISTED[0].id)
    slots.note(LISTED, count=slots.count)
    assert slots.heard == []


def test_a_refused_list_is_no_list(slots):
    slots.note_refusal("forbidden")
    assert slots.is_listed(SLOT)
    assert not slots.is_list_old


@pytest.mark.parametrize("symbol", ["BTC-USD", "X@", "X@y", "X@1@2", "X@-1", "X@\u0663", ""])
def test_what_is_in_no_slot_is_in_none(symbol):
    assert slot_of(symbol) is None


def test_the_name_of_a_slot_is_in_what_is_in_it():
    assert slot_of(in_slot("ETH_USDC-PERPETUAL", SLOT)) == SLOT
    assert in_slot("ETH_USDC-PERPETUAL", None) == "ETH_USDC-PERPETUAL"
