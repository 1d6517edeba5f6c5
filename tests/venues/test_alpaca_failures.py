"""Every way in which Alpaca can fail to answer, and that none of them reads as flat."""

import asyncio
from datetime import timedelta
from email.utils import format_datetime

import pytest

from tieout.core.book import AccountId
from tieout.core.errors import VenueError, VenueRefused, VenueReplyInvalid, VenueUnavailable
from tieout.venues.alpaca.limits import Limits
from venues.alpaca import NOW, FakeClock, fill, position, read, venue_at
from venues.stub import ACCOUNT, ACTIVITIES, NUMBER, POSITIONS, Said, said

MAINTENANCE = b"<!DOCTYPE html><html><body>Down for maintenance</body></html>"
PATHS = [ACCOUNT, POSITIONS, ACTIVITIES]


def failure(venue, kind: type[VenueError]) -> VenueError:
    with pytest.raises(kind) as caught:
        read(venue)
    return caught.value


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"null", "null instead of"),
        (b"{}", "an empty object instead of"),
        (b'{"code": 50010000, "message": "internal server error"}', "(internal server error)"),
        (b'{"positions": []}', "an object with the keys positions"),
        (b"", "nothing at all"),
        (b'"ok"', "a text instead of"),
        (MAINTENANCE, "a web page instead of JSON"),
        (b"upstream connect error", "no valid JSON"),
        (b'[{"symbol": "AAPL", "qty"', "no valid JSON"),
        (b'[{"symbol": "\xff\xfe"}]', "no valid JSON"),
        (b"[" * 100_000, "no valid JSON"),
    ],
)
def test_a_200_that_is_not_what_was_asked_for_is_refused(stub, venue, path, body, what):
    stub.positions = [position()]
    stub.say(path, Said(body=body))
    error = failure(venue, VenueReplyInvalid)
    assert what in str(error)
    assert f"GET {path} at {stub.address}" in str(error)
    assert "check the address" in error.advice
    assert stub.calls(path) == 1
    assert any(reply.body == body for reply in error.evidence)


def test_a_list_where_an_account_should_be_is_refused(stub, venue):
    stub.say(ACCOUNT, said([]))
    assert "a list instead of an account" in str(failure(venue, VenueReplyInvalid))


@pytest.mark.parametrize("path", PATHS)
def test_a_body_cut_in_the_middle_is_tried_again_and_then_refused(stub, clock, venue, path):
    stub.say(path, Said(body=b'[{"symbol": "AAPL"}]' * 50, cut=12))
    error = failure(venue, VenueReplyInvalid)
    assert "broke off in the middle of its answer (4 tries)" in str(error)
    assert "nothing was changed" in error.advice
    assert stub.calls(path) == 4


def test_a_body_that_was_cut_once_is_read_whole(stub, venue):
    whole = said([position()])
    stub.say(POSITIONS, Said(body=whole.body, cut=20), whole)
    found = read(venue)
    assert found.snapshot.complete
    assert [each.symbol for each in found.snapshot.holdings] == ["AAPL"]
    assert [(each.call, each.status) for each in found.evidence if "positions" in each.call] == [
        ("GET /v2/positions (cut)", 200),
        ("GET /v2/positions", 200),
    ]


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429, 408])
def test_what_may_pass_is_tried_again_with_longer_waits(stub, clock, venue, status):
    bad = Said(status=status, body=MAINTENANCE)
    stub.say(POSITIONS, bad, bad, said([position()]))
    assert read(venue).snapshot.complete
    assert clock.slept == [0.25, 0.5]


def test_tries_have_an_end(stub, clock, venue):
    stub.say(POSITIONS, Said(status=502, body=MAINTENANCE))
    error = failure(venue, VenueUnavailable)
    assert error.status == 502
    assert "answered 502 (Bad Gateway) (4 tries)" in str(error)
    assert "tried again in the next run" in error.advice
    assert stub.calls(POSITIONS) == 4
    assert clock.slept == [0.25, 0.5, 1.0]


@pytest.mark.parametrize(
    ("path", "status", "message", "advice"),
    [
        (POSITIONS, 401, "access key verification failed : verification failure", "APCA_API_KEY"),
        (ACCOUNT, 401, "unauthorized", "APCA_API_SECRET_KEY"),
        (POSITIONS, 403, "forbidden.", "account's status at Alpaca"),
        (ACTIVITIES, 404, "endpoint not found", "check the address"),
        (ACTIVITIES, 422, "invalid activity type", "report this"),
        (POSITIONS, 400, "bad request", "report this"),
        (POSITIONS, 302, "", "redirects are not followed"),
    ],
)
def test_a_no_is_never_asked_again(stub, clock, venue, path, status, message, advice):
    stub.say(path, said({"code": 40110000, "message": message}, status=status))
    error = failure(venue, VenueRefused)
    assert error.status == status
    assert message in str(error)
    assert advice in error.advice
    assert stub.calls(path) == 1
    assert clock.slept == []


def test_a_207_is_no_list_of_positions(stub, venue):
    stub.say(POSITIONS, said([position()], status=207))
    error = failure(venue, VenueReplyInvalid)
    assert "answered 207 (Multi-Status)" in str(error)
    assert error.advice


def test_retry_after_is_honoured(stub, clock, venue):
    stub.say(POSITIONS, said({}, status=429, retry_after="7"), said([]))
    read(venue)
    assert clock.slept == [7.0]


def test_retry_after_may_be_a_date(stub, clock, venue):
    at = format_datetime(NOW + timedelta(seconds=11), usegmt=True)
    stub.say(POSITIONS, said({}, status=503, retry_after=at), said([]))
    read(venue)
    assert clock.slept == [11.0]


def test_the_reset_of_the_limit_is_honoured(stub, clock, venue):
    reset = str(int(NOW.timestamp()) + 9)
    stub.say(POSITIONS, said({}, status=429, x_ratelimit_reset=reset), said([]))
    read(venue)
    assert clock.slept == [9.0]


@pytest.mark.parametrize("text", ["soon", "-5", "1e9", "", "nan"])
def test_a_wait_that_is_no_time_is_left_to_the_back_off(stub, clock, venue, text):
    stub.say(POSITIONS, said({}, status=429, retry_after=text, x_ratelimit_reset=text), said([]))
    read(venue)
    assert clock.slept == [0.25]


def test_a_wait_beyond_the_deadline_is_handed_on_instead_of_waited(stub, clock, venue):
    reset = str(int(NOW.timestamp()) + 3600)
    stub.say(POSITIONS, said({"message": "rate limit"}, status=429, x_ratelimit_reset=reset))
    error = failure(venue, VenueUnavailable)
    assert error.retry_after_s == 3600
    assert "it asks to wait 3600 s" in error.advice
    assert "other programs with the same keys" in error.advice
    assert clock.slept == []


def test_back_off_differs_between_clients():
    waits = []
    for chance in (0.0, 0.5, 0.999):
        clock = FakeClock()
        venue = venue_at(_Nowhere(), clock, limits=Limits(connect_s=1))
        venue._calls._chance = lambda chance=chance: chance
        failure(venue, VenueUnavailable)
        waits.append(tuple(clock.slept[:1]))
    assert len(set(waits)) == 3


class _Nowhere:
    address = "http://127.0.0.1:9"  # discard: nothing listens there


def test_nobody_there_says_where_it_looked(clock):
    error = failure(venue_at(_Nowhere(), clock, limits=Limits(connect_s=1)), VenueUnavailable)
    assert "at http://127.0.0.1:9 could not be reached (4 tries)" in str(error)
    assert "check the network and the address" in error.advice
    assert [(each.status, each.body) for each in error.evidence][:1] == [(None, b"")]


def test_a_connection_that_is_hung_up_is_tried_again(stub, venue):
    stub.say(POSITIONS, Said(hung_up=True), said([position()]))
    assert read(venue).snapshot.complete


def test_an_answer_past_the_timeout_is_given_up(stub, clock):
    stub.say(POSITIONS, Said(held=True))
    venue = venue_at(stub, clock, limits=Limits(read_s=0.05, tries_max=2))
    error = failure(venue, VenueUnavailable)
    assert "did not answer in time (2 tries)" in str(error)
    assert "timeout_s" in error.advice


def test_a_body_that_stops_in_the_middle_is_given_up(stub, clock):
    stub.say(POSITIONS, Said(body=b"[" + b" " * 100, cut=10, held=True))
    venue = venue_at(stub, clock, limits=Limits(read_s=0.05, tries_max=2))
    assert "did not answer in time" in str(failure(venue, VenueUnavailable))


def test_an_address_without_a_certificate_is_not_trusted(stub, clock, monkeypatch):
    stub_with_tls = _Nowhere()
    stub_with_tls.address = stub.address.replace("http://", "https://")
    for bundle in ("", "no/such/file.pem"):
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
        error = failure(venue_at(stub_with_tls, clock), VenueRefused)
        assert "its TLS certificate was not verified" in str(error)
        assert "REQUESTS_CA_BUNDLE" in error.advice
    assert clock.slept == []


def test_an_answer_after_the_deadline_is_dropped(stub, clock):
    stub.say(POSITIONS, Said(held=True))
    venue = venue_at(stub, clock, limits=Limits(deadline_s=0.4))

    async def late() -> VenueError:
        with pytest.raises(VenueUnavailable) as caught:
            await venue.read(AccountId(NUMBER), cursor=None)
        stub.released.set()
        await asyncio.get_running_loop().shutdown_default_executor()  # the answer has come by now
        return caught.value

    error = asyncio.run(late())
    assert "did not answer everything within 0.4 s" in str(error)
    assert "next run" in error.advice
    assert not [each for each in error.evidence if "positions" in each.call]


def test_a_body_without_end_is_not_kept(stub, clock):
    stub.say(POSITIONS, said([position()] * 100))
    venue = venue_at(stub, clock, limits=Limits(body_bytes_max=1000))
    error = failure(venue, VenueReplyInvalid)
    assert "more than a reply can be long" in str(error)
    assert stub.calls(POSITIONS) == 1


def test_evidence_is_capped_and_says_so(stub, clock):
    stub.positions = [position()] * 100
    found = read(venue_at(stub, clock, limits=Limits(evidence_bytes_max=100)))
    (kept,) = [each for each in found.evidence if "positions" in each.call]
    assert len(kept.body) == 100
    assert "(the first 100 of " in kept.call
    assert len(found.snapshot.holdings) == 100


def test_a_failing_page_of_activities_fails_the_reading(stub, venue):
    stub.positions = [position()]
    stub.activities = [fill(number) for number in range(1, 101)]
    stub.say(ACTIVITIES, said(stub.activities), Said(status=500, body=b"{}"))
    assert failure(venue, VenueUnavailable).status == 500
