"""A call to any venue: tried again where that helps, in time, with every reply as evidence."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime

import pytest

from tieout.core.errors import VenueError, VenueRefused, VenueReplyInvalid, VenueUnavailable
from tieout.ports import RawReply
from tieout.venues.http.trace import Trace
from venues.alpaca import NOW
from venues.http.asking import PATIENT, SECRET, Bench
from venues.stub import Said, said

THINGS = "/things"
GOOD = said({"things": []})
PAGE = b"<!DOCTYPE html><html><body>Down for maintenance</body></html>"


@pytest.fixture
def bench(stub):
    stub.say(THINGS, GOOD)
    bench = Bench(stub.address)
    yield bench
    bench.calls.close()


def limited(stub, **limits: float) -> Bench:
    return Bench(stub.address, replace(PATIENT, **limits))


def test_a_good_answer_is_decoded_and_says_when_it_came(bench):
    found, reply = bench.ask()
    assert found == {"things": []}
    assert (reply.sent_at, reply.received_at, reply.middle_at) == (NOW, NOW, NOW)
    assert reply.evidence == RawReply(
        call="GET /things?page=1", status=200, received_at=NOW, body=GOOD.body
    )


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (Said(status=401), VenueRefused, "answered 401 (Unauthorized) - set the keys of mine"),
        (said({"message": "no"}, status=403), VenueRefused, "403 (Forbidden): no - please report"),
        (Said(status=302), VenueRefused, "redirects are not followed"),
        (Said(status=799), VenueUnavailable, "answered 799 (4 tries) - nothing was changed"),
        (Said(status=429), VenueUnavailable, "(Too Many Requests) (4 tries) - others share its"),
        (Said(status=408), VenueUnavailable, "answered 408"),
        (Said(status=502, body=PAGE), VenueUnavailable, "answered 502 (Bad Gateway) (4 tries) - "),
        (Said(status=503, body=b"busy"), VenueUnavailable, "answered 503 (Service Unavailable): b"),
        (Said(status=204), VenueReplyInvalid, "answered 204"),
        (Said(body=PAGE), VenueReplyInvalid, "answered with a web page instead of JSON - nothing"),
        (Said(body=b"null"), VenueReplyInvalid, "answered with null instead of things"),
        (Said(body=b"{}x", cut=2), VenueReplyInvalid, "broke off in the middle of its answer (4"),
        (Said(hung_up=True), VenueUnavailable, "could not be reached (4 tries) - check the"),
    ],
)  # fmt: skip
def test_every_failure_has_its_kind_and_says_what_to_do(stub, bench, reply, kind, words):
    stub.say(THINGS, reply)
    error = bench.failure()
    assert type(error) is kind
    assert words in str(error)
    assert f"GET /things{'?page=1' if 'answered with' not in words else ''} at" in str(error)
    assert error.evidence


def test_an_untrusted_certificate_says_where_certificates_are_set(stub):
    bench = Bench(stub.address.replace("http://", "https://"))
    assert "certificates (REQUESTS_CA_BUNDLE); verification is never" in str(bench.failure())
    assert bench.clock.slept == []


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("hurt", [{"cut": 4}, {"headers": {"Content-Encoding": "gzip"}}])
def test_a_refusal_is_one_and_asked_once_whatever_became_of_its_body(stub, bench, status, hurt):
    stub.say(THINGS, Said(status=status, body=b'{"message": "no"}', **hurt))
    error = bench.failure(VenueRefused)
    assert error.status == status
    assert f"answered {status}" in str(error)
    assert stub.calls() == 1
    assert bench.clock.slept == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 302, 204])
def test_a_no_is_asked_once(stub, bench, status):
    stub.say(THINGS, Said(status=status))
    bench.failure()
    assert stub.calls() == 1


def test_what_may_pass_is_tried_again_with_longer_waits(stub, bench):
    stub.say(THINGS, Said(status=503), Said(hung_up=True), Said(body=b"{}", cut=1), GOOD)
    assert bench.ask()[0] == {"things": []}
    assert bench.clock.slept == [0.25, 0.5, 1.0]


@pytest.mark.parametrize(
    "text", ["9" * 19, "Mon, 01 Jan 99999999999999 00:00:00 GMT"]
)  # fmt: skip
def test_a_wait_that_nobody_can_count_is_no_crash(stub, bench, text):
    stub.say(THINGS, said({}, status=429, retry_after=text))
    assert bench.failure(VenueUnavailable).status == 429


def test_a_wish_holds_for_the_calls_that_follow(stub, bench):
    stub.say(THINGS, said({}, status=429, retry_after="600"))
    assert bench.failure(VenueUnavailable).retry_after_s == 600
    assert "asked to be left alone for another 600 s" in str(bench.failure())
    assert stub.calls() == 1
    bench.clock.at += timedelta(seconds=601)
    stub.say(THINGS, GOOD)
    assert bench.ask()[0] == {"things": []}


def test_a_date_is_waited_for(stub, bench):
    at = format_datetime(NOW + timedelta(seconds=11), usegmt=True)
    stub.say(THINGS, said({}, status=503, retry_after=at), GOOD)
    bench.ask()
    assert bench.clock.slept == [11.0]


def test_tries_end_with_the_deadline(stub):
    stub.say(THINGS, Said(status=503))
    bench = limited(stub, deadline_s=1.0, tries_max=9)
    assert "(3 tries)" in str(bench.failure())
    assert bench.clock.slept == [0.25, 0.5]


def test_a_reading_that_takes_too_long_has_what_was_heard(stub):
    bench = limited(stub, deadline_s=0.05)
    heard = RawReply(call="GET /a", status=200, received_at=NOW, body=b"{}")

    async def forever(trace: Trace) -> None:
        trace.replies.append(heard)
        await asyncio.Event().wait()

    with pytest.raises(VenueUnavailable, match=r"everything within 0\.05 s") as late:
        asyncio.run(bench.calls.in_time(forever))
    assert late.value.evidence == (heard,)
    assert "next run" in late.value.advice


def test_an_answer_is_judged_by_what_it_stands_for_and_kept_as_it_came(stub):
    bench = Bench(stub.address, judged=lambda _, answer: replace(answer, status=401))
    stub.say(THINGS, said({"error": "login"}))
    error = bench.failure(VenueRefused)
    assert (error.status, error.evidence[0].status) == (401, 200)


@pytest.mark.parametrize(
    "body",
    [
        b'{"message": "no %s"}' % SECRET.encode(),
        b'{"message": "%s %s"}' % (b"x" * 177, SECRET.encode()),
        b"%s %s" % (b"x" * 155, SECRET.encode()),
        b"%s %s" % (b"x" * 180, SECRET.encode()),
    ],
)
@pytest.mark.parametrize("status", [200, 403, 503])
def test_a_secret_that_is_echoed_is_neither_shown_nor_kept_nor_a_part_of_it(
    stub, bench, status, body
):
    stub.say(THINGS, Said(status=status, body=body))
    error = bench.failure(VenueError)
    assert SECRET[:6] not in f"{error} {error.evidence}"


def test_evidence_has_an_end_and_says_so(stub):
    bench = limited(stub, evidence_bytes_max=10)
    stub.say(THINGS, said({"things": ["x" * 98]}))
    _, reply = bench.ask()
    assert reply.evidence.call == "GET /things?page=1 (the first 10 of 114 bytes)"
    assert reply.evidence.body == b'{"things":'


def test_a_fault_is_said_in_the_evidence(stub, bench):
    stub.say(THINGS, Said(body=b"{}", cut=1), GOOD)
    bench.ask()
    stub.say(THINGS, Said(hung_up=True))
    calls = {each.call for each in bench.failure().evidence}
    assert calls == {"GET /things?page=1 (unreachable)"}


def test_after_it_was_closed_it_can_ask_again(bench):
    bench.ask()
    bench.calls.close()
    assert bench.ask()[0] == {"things": []}
