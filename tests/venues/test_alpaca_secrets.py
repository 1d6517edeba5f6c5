"""Keys go to Alpaca and nowhere else: no message, no repr, no evidence, however they come back."""

import asyncio
import base64
import traceback
from urllib.parse import quote

import pytest

from tieout.core.errors import SettingsError, VenueError
from tieout.venues.alpaca.venue import connect
from venues.alpaca import KEY, SECRET, FakeClock, position, read
from venues.stub import ACCOUNT, ACTIVITIES, POSITIONS, Said, said

LOGIN = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
FORMS = [KEY, SECRET, quote(SECRET, safe=""), SECRET.replace("/", "\\/"), LOGIN]


def shown(thing: object) -> str:
    """Everything that a log, a screen or the evidence could show of it."""
    return f"{thing!r} {thing} {vars(thing) if hasattr(thing, '__dict__') else ''}"


def assert_clean(text: str) -> None:
    for form in FORMS:
        assert form not in text


def test_the_keys_do_arrive_at_alpaca(stub, venue):
    read(venue)
    assert {each.headers["APCA-API-KEY-ID"] for each in stub.asked} == {KEY}
    assert {each.headers["APCA-API-SECRET-KEY"] for each in stub.asked} == {SECRET}
    assert_clean(shown(venue))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("status", [200, 401, 422, 500])
@pytest.mark.parametrize("path", [ACCOUNT, POSITIONS, ACTIVITIES])
def test_a_server_that_echoes_them_does_not_get_them_kept(stub, venue, form, status, path):
    stub.headers = {"X-Echo": form, "Location": f"http://x/{form}"}
    stub.say(path, Said(status=status, body=b'{"message": "bad %s"}' % form.encode()))
    with pytest.raises(VenueError) as caught:
        read(venue)
    error = caught.value
    assert_clean(shown(error))
    assert_clean("".join(traceback.format_exception(error)))
    assert error.evidence
    assert_clean(str([each for each in error.evidence if path in each.call]))


def test_a_good_reply_is_cleaned_as_well(stub, venue):
    stub.positions = [position(note=SECRET, other=KEY)]
    found = read(venue)
    assert_clean(repr(found.evidence))
    assert b"[removed]" in b"".join(each.body for each in found.evidence)


def test_what_a_server_says_is_one_short_printable_line(stub, venue):
    stub.say(POSITIONS, said({"message": "\x1b[31mred\n" + "x" * 10_000}, status=403))
    with pytest.raises(VenueError) as caught:
        read(venue)
    assert len(str(caught.value)) < 700
    assert str(caught.value).isprintable()


def test_the_checkup_shows_none(stub, venue):
    assert_clean(repr(asyncio.run(venue.check())))
    stub.say(ACCOUNT, said({"message": f"no {SECRET}"}, status=401))
    assert_clean(repr(asyncio.run(venue.check())))


@pytest.mark.parametrize("address", [f"https://{KEY}:{SECRET.replace('/', '')}@api.alpaca.markets"])
def test_a_login_in_the_address_is_refused_without_repeating_it(address):
    with pytest.raises(SettingsError) as caught:
        connect(
            venue="alpaca",
            name="main",
            settings={"key": KEY, "secret": SECRET, "address": address},
            clock=FakeClock(),
        )
    assert "connections.main.address" in str(caught.value)
    assert "set key and secret instead" in str(caught.value)
    assert KEY not in str(caught.value)
