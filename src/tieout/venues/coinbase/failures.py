"""What went wrong with a call, what kind of error it is, and what to do next."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from tieout.core.errors import VenueError, VenueRefused, VenueReplyInvalid, VenueUnavailable
from tieout.venues.coinbase.address import kind_of
from tieout.venues.coinbase.exchange import Answer, Fault
from tieout.venues.coinbase.login import VARIABLES
from tieout.venues.coinbase.scrub import Scrub
from tieout.venues.coinbase.wire import message_in

FAULTS: Mapping[Fault, str] = {
    "unreachable": "could not be reached",
    "timeout": "did not answer in time",
    "tls": "could not be trusted, its TLS certificate was not verified",
    "cut": "broke off in the middle of its answer",
    "too_large": "sent more than a reply can be long",
}
ADVICE_AGAIN = "nothing was changed; it is tried again in the next run"
RATE_ADVICE = "other programs with the same keys share its 30 requests a second"
FAULT_ADVICE: Mapping[Fault, str] = {
    "unreachable": "check the network and the address of this connection",
    "timeout": f"{ADVICE_AGAIN}; if it stays, check the network or raise timeout_s",
    "tls": "check this machine's clock and certificates (REQUESTS_CA_BUNDLE, or ca_file in the "
    "options of this connection); verification is never left out",
    "cut": ADVICE_AGAIN,
    "too_large": "check the address of this connection",
}
STATUS_ADVICE: Mapping[int, str] = {
    401: f"set {VARIABLES['key']} and {VARIABLES['secret']} (key and secret of this connection) "
    "to a key of the CDP portal, and set this machine's clock: a signature is good for two "
    "minutes; Coinbase also answers so when it is asked too often",
    403: "the key is known but may not read this: give it the permission View, and look at its "
    "list of IP addresses in the CDP portal",
    404: "check the address of this connection: this is not Coinbase's API, or not this version",
    410: "Coinbase no longer offers this; update Tieout",
}
REDIRECT_ADVICE = "set the address of this connection to where it leads; redirects are not followed"
OTHER_ADVICE = "please report this with the evidence of the run"
SKEW_MAX = timedelta(seconds=30)  # a signature says from when on it is good


def is_worth_retrying(answer: Answer) -> bool:
    """Whether the same request may go well in a moment. Never after a 401 or 403."""
    if answer.fault is not None:
        return answer.fault in ("unreachable", "timeout", "cut")
    status = answer.status or 0
    return status in (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS) or status >= 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What was asked of whom, and how often."""

    venue: str
    call: str
    address: str
    tries: int

    def described(self, outcome: str) -> str:
        """The call and what came of it, as messages begin."""
        times = f" ({self.tries} tries)" if self.tries > 1 else ""
        return f"{self.call} at {self.address} {outcome}{times}"


def error_of(answer: Answer, attempt: Attempt, *, scrub: Scrub, now: datetime) -> VenueError:
    """The error for an answer that is no good."""
    if answer.fault is not None:
        return _error_of_fault(answer.fault, attempt)
    status = answer.status or 0
    said = scrub.text(message_in(answer.body))
    meaning = f"answered {status}{_meaning(status)}{f': {said}' if said else ''}"
    what = attempt.described(meaning)
    venue = attempt.venue
    if is_worth_retrying(answer):
        return _come_back_later(answer, what, venue=venue, now=now)
    if status < 300:
        return VenueReplyInvalid(what, venue=venue, advice=OTHER_ADVICE, status=status)
    advice = REDIRECT_ADVICE if status < 400 else STATUS_ADVICE.get(status, OTHER_ADVICE)
    if status == HTTPStatus.UNAUTHORIZED:
        advice = f"{_clock_advice(answer, now)}{advice} (asked: {kind_of(attempt.address)})"
    return VenueRefused(what, venue=venue, advice=advice, status=status)


def _clock_advice(answer: Answer, now: datetime) -> str:
    theirs = date_of(answer.headers)
    if theirs is None or abs(now - theirs) <= SKEW_MAX:
        return ""
    word = "ahead of" if now > theirs else "behind"
    skew_s = abs((now - theirs).total_seconds())
    return f"set this machine's clock first, it is {skew_s:.0f} s {word} Coinbase's; "


def _come_back_later(answer: Answer, what: str, *, venue: str, now: datetime) -> VenueUnavailable:
    wait_s = asked_wait_s(answer, now=now)
    is_limit = answer.status == HTTPStatus.TOO_MANY_REQUESTS
    asked = f"it asks to wait {wait_s:.0f} s; " if wait_s else ""
    advice = f"{asked}{RATE_ADVICE if is_limit else ADVICE_AGAIN}"
    return VenueUnavailable(
        what, venue=venue, advice=advice, status=answer.status, retry_after_s=wait_s
    )


def _error_of_fault(fault: Fault, attempt: Attempt) -> VenueError:
    what, advice = attempt.described(FAULTS[fault]), FAULT_ADVICE[fault]
    if fault == "tls":
        return VenueRefused(what, venue=attempt.venue, advice=advice)
    if fault in ("cut", "too_large"):
        return VenueReplyInvalid(what, venue=attempt.venue, advice=advice)
    return VenueUnavailable(what, venue=attempt.venue, advice=advice)


def _meaning(status: int) -> str:
    try:
        return f" ({HTTPStatus(status).phrase})"
    except ValueError:
        return ""


def asked_wait_s(answer: Answer, *, now: datetime) -> float | None:
    """How long Coinbase asks to wait: Retry-After in seconds or as a date, else the limit's reset.

    The reset is in seconds from now or since 1970; what is neither is not followed.
    """
    text = answer.headers.get("retry-after", "").strip()
    wait_s = _seconds(text)
    if wait_s is None and text:
        wait_s = _seconds_until(text, now)
    if wait_s is None and answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        reset = _seconds(answer.headers.get("x-ratelimit-reset", "").strip())
        is_moment = reset is not None and reset > now.timestamp() / 2
        wait_s = reset - now.timestamp() if is_moment and reset is not None else reset
    return wait_s if wait_s is not None and wait_s > 0 else None


def date_of(headers: Mapping[str, str]) -> datetime | None:
    """The time at which a reply was made, by the clock of who made it."""
    try:
        at = parsedate_to_datetime(headers.get("date", ""))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _seconds(text: str) -> float | None:
    return float(text) if text.replace(".", "", 1).isdecimal() and len(text) < 20 else None


def _seconds_until(text: str, now: datetime) -> float | None:
    at = date_of({"date": text})
    return None if at is None else (at - now).total_seconds()
