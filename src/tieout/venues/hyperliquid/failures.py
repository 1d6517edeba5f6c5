"""What went wrong with a call, what kind of error it is, and what to do next."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from tieout.core.errors import VenueError, VenueRefused, VenueReplyInvalid, VenueUnavailable
from tieout.venues.hyperliquid.exchange import Answer, Fault
from tieout.venues.hyperliquid.wire import message_in, shown

FAULTS: Mapping[Fault, str] = {
    "unreachable": "could not be reached",
    "timeout": "did not answer in time",
    "tls": "could not be trusted, its TLS certificate was not verified",
    "cut": "broke off in the middle of its answer",
    "too_large": "sent more than a reply can be long",
}
ADVICE_AGAIN = "nothing was changed; it is tried again in the next run"
RATE_ADVICE = "everything on this IP address shares a weight of 1200 a minute; sync less often"
FAULT_ADVICE: Mapping[Fault, str] = {
    "unreachable": "check the network and the address of this connection",
    "timeout": f"{ADVICE_AGAIN}; if it stays, check the network or raise timeout_s",
    "tls": "check this machine's clock and certificates (REQUESTS_CA_BUNDLE); "
    "verification is never left out",
    "cut": ADVICE_AGAIN,
    "too_large": "check the address of this connection",
}
STATUS_ADVICE: Mapping[int, str] = {
    401: "Hyperliquid itself asks for no login: check the address of this connection, or the "
    "proxy in front of it",
    403: "this machine may not ask there: check the address of this connection, the proxy in "
    "front of it, and whether Hyperliquid serves this country",
    404: "check the address of this connection: this is not Hyperliquid's API",
    422: "the request was not understood; please report this with the evidence of the run",
}
REDIRECT_ADVICE = "set the address of this connection to where it leads; redirects are not followed"
OTHER_ADVICE = "please report this with the evidence of the run"


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


def error_of(answer: Answer, attempt: Attempt, *, now: datetime) -> VenueError:
    """The error for an answer that is no good."""
    if answer.fault is not None:
        return _error_of_fault(answer.fault, attempt)
    status = answer.status or 0
    said = shown(message_in(answer.body))
    what = attempt.described(f"answered {status}{_meaning(status)}{f': {said}' if said else ''}")
    venue = attempt.venue
    if is_worth_retrying(answer):
        return _come_back_later(answer, what, venue=venue, now=now)
    if status < 300:
        return VenueReplyInvalid(what, venue=venue, advice=OTHER_ADVICE, status=status)
    advice = REDIRECT_ADVICE if status < 400 else STATUS_ADVICE.get(status, OTHER_ADVICE)
    return VenueRefused(what, venue=venue, advice=advice, status=status)


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
    """How long it asks to wait: Retry-After in seconds or as a date. Hyperliquid itself sends none.

    A proxy or load balancer in front of it may.
    """
    text = answer.headers.get("retry-after", "").strip()
    if not text:
        return None
    if text.replace(".", "", 1).isdecimal() and len(text) < 20:
        wait_s: float | None = float(text)
    else:
        wait_s = _seconds_until(text, now)
    return wait_s if wait_s is not None and wait_s > 0 else None


def _seconds_until(text: str, now: datetime) -> float | None:
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds()
