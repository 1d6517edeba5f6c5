"""What goes wrong on the way to Hyperliquid: of what kind it is, and what is done about it."""

import json
from dataclasses import replace

import pytest

from tieout.core.errors import VenueError, VenueRefused, VenueReplyInvalid, VenueUnavailable
from venues.hyperliquid import PATIENT
from venues.stub import Said, said

ROOM = "clearinghouseState"


def failure(hl) -> VenueError:
    with pytest.raises(VenueError) as caught:
        hl.read()
    return caught.value


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
@pytest.mark.parametrize("body", [b'{"msg": "no"}', b'{"error": 5}', b"null", b"plain words", b""])
def test_a_refusal_is_asked_once_whatever_its_body(hl, status, body):
    """The client itself fails on JSON without a code, and loses the headers of others."""
    hl.stub.say(ROOM, Said(status=status, body=body))
    error = failure(hl)
    assert isinstance(error, VenueRefused)
    assert error.status == status
    assert error.advice
    assert hl.stub.kinds().count(ROOM) == 1


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
def test_what_may_pass_is_tried_again_and_longer_each_time(hl, status):
    hl.stub.say(ROOM, Said(status=status, body=b"null"))
    error = failure(hl)
    assert isinstance(error, VenueUnavailable)
    assert hl.stub.kinds().count(ROOM) == 4
    assert hl.clock.slept == [0.25, 0.5, 1.0]


def test_a_redirect_is_not_followed(hl):
    hl.stub.say(ROOM, Said(status=302, headers={"Location": hl.stub.address + "/info"}))
    error = failure(hl)
    assert isinstance(error, VenueRefused)
    assert "redirects are not followed" in error.advice
    assert hl.stub.kinds().count(ROOM) == 1


def test_the_time_that_is_named_is_waited_for_by_every_call(hl):
    hl.stub.say(
        ROOM,
        Said(status=429, body=b"null", headers={"Retry-After": "7"}),
        said({"assetPositions": [], "time": hl.stub.milliseconds()}),
    )
    assert hl.read().snapshot.complete
    assert 7 in hl.clock.slept


def test_a_wait_longer_than_a_reading_may_take_ends_it_and_is_kept(hl):
    hl.stub.say(ROOM, Said(status=429, body=b"null", headers={"Retry-After": "600"}))
    assert failure(hl).retry_after_s == 600
    hl.stub.heal()
    hl.stub.forget()
    hl.clock.advance(60)
    assert "asked to be left alone for another 540 s" in str(failure(hl))
    # Others may be on their way since the first reading, which did not wait for them.
    assert [each for each in hl.stub.asked if each["type"] == ROOM] == []
    hl.clock.advance(540)
    assert hl.read().snapshot.complete


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "nothing at all"),
        (b"null", "null instead of a state of positions"),
        (b"[]", "a list instead of a state of positions"),
        (b"{}", "an empty object instead of a state of positions"),
        (b'{"assetPositions": null}', "an object with the keys assetPositions"),
        (b'{"error": "down"}', "an error object (down)"),
        (b"<!DOCTYPE html><p>", "a web page instead of JSON"),
        (b'{"assetPositions": [', "no valid JSON"),
    ],
)
def test_a_200_that_is_not_what_was_asked_for_is_refused(hl, body, words):
    """Edge case 06."""
    hl.stub.say(ROOM, Said(body=body))
    error = failure(hl)
    assert isinstance(error, VenueReplyInvalid)
    assert words in str(error)


def test_a_reply_that_is_too_long_is_given_up(hl):
    hl.venue = hl.another(limits=replace(PATIENT, body_bytes_max=100))
    hl.stub.say(ROOM, Said(body=json.dumps({"assetPositions": ["x" * 200_000]}).encode()))
    error = failure(hl)
    assert isinstance(error, VenueReplyInvalid)
    assert "more than a reply can be long" in str(error)


def test_nobody_at_the_address_is_unavailable(hl):
    hl.venue = hl.another(address="http://127.0.0.1:1", limits=replace(PATIENT, connect_s=0.5))
    error = failure(hl)
    assert isinstance(error, VenueUnavailable)
    assert "could not be reached" in str(error)


def test_a_table_with_nothing_in_it_is_none(hl):
    hl.stub.trade("BTC", "1", "60000")
    hl.stub.say("meta", said({"universe": []}))
    assert isinstance(failure(hl), VenueReplyInvalid)
    hl.stub.heal()
    (listed,) = hl.read().instruments
    assert listed.price_decimals == 1
