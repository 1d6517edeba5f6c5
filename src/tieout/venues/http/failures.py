"""What went wrong with a call, what kind of error it is, and what to do next."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from tieout.core.errors import VenueError, VenueRefused, VenueReplyInvalid, VenueUnavailable
from tieout.venues.connection import ADVICE_AGAIN
from tieout.venues.http.answers import Answer, Fault
from tieout.venues.http.bodies import message_in
from tieout.venues.http.scrub import Scrub
from tieout.venues.http.waiting import asked_wait_s

FAULTS: Mapping[Fault, str] = {
    "unreachable": "could not be reached",
    "timeout": "did not answer in time",
    "tls": "could not be trusted, its TLS certificate was not verified",
    "cut": "broke off in the middle of its answer",
    "too_large": "sent more than a reply can be long",
    "unmeasured": "told a length of its answer that is none (Content-Length)",
}
FAULT_ADVICE: Mapping[Fault, str] = {
    "unreachable": "check the network and the address of this connection",
    "timeout": f"{ADVICE_AGAIN}; if it stays, check the network or raise timeout_s",
    "cut": ADVICE_AGAIN,
    "too_large": "check the address of this connection",
    "unmeasured": "check the address of this connection and any proxy on the way",
}
UNUSABLE: tuple[Fault, ...] = ("cut", "too_large", "unmeasured")
REDIRECT_ADVICE = "set the address of this connection to where it leads; redirects are not followed"
OTHER_ADVICE = "please report this with the evidence of the run"
NEVER_AGAIN = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)  # whatever became of the body
WORTH_RETRYING = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What was asked of whom, how often, and until when."""

    venue: str
    call: str
    address: str
    tries: int
    at: datetime

    def described(self, outcome: str) -> str:
        """The call and what came of it, as messages begin."""
        times = f" ({self.tries} tries)" if self.tries > 1 else ""
        return f"{self.call} at {self.address} {outcome}{times}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What a venue's users can do about its failures.

    `rate` says who else uses up its limit of requests, `certificates` where they are set, and
    `on_refusal` what a status of 400 or more means; None where nothing is known of it.
    """

    name: str
    rate: str
    on_refusal: Callable[[Answer, Attempt], str | None]
    certificates: str = "REQUESTS_CA_BUNDLE"


def is_worth_retrying(answer: Answer) -> bool:
    """Whether the same request may go well in a moment. Never after a 401 or 403."""
    if answer.status in NEVER_AGAIN:
        return False
    if answer.fault is not None:
        return answer.fault in ("unreachable", "timeout", "cut")
    status = answer.status or 0
    return status in WORTH_RETRYING or status >= 500


def error_of(answer: Answer, attempt: Attempt, *, advice: Advice, scrub: Scrub) -> VenueError:
    """The error for an answer that is no good."""
    if answer.fault is not None and answer.status not in NEVER_AGAIN:
        return _error_of_fault(answer.fault, attempt, advice)
    status = answer.status or 0
    said = scrub.text(message_in(answer.body))
    what = attempt.described(f"answered {status}{_meaning(status)}{f': {said}' if said else ''}")
    if is_worth_retrying(answer):
        return _come_back_later(answer, what, attempt, advice)
    if status < 300:
        return VenueReplyInvalid(what, venue=attempt.venue, advice=OTHER_ADVICE, status=status)
    known = REDIRECT_ADVICE if status < 400 else advice.on_refusal(answer, attempt)
    return VenueRefused(what, venue=attempt.venue, advice=known or OTHER_ADVICE, status=status)


def _come_back_later(
    answer: Answer, what: str, attempt: Attempt, advice: Advice
) -> VenueUnavailable:
    wait_s = asked_wait_s(answer, now=attempt.at)
    is_limit = answer.status == HTTPStatus.TOO_MANY_REQUESTS
    asked = f"it asks to wait {wait_s:.0f} s; " if wait_s else ""
    return VenueUnavailable(
        what,
        venue=attempt.venue,
        advice=f"{asked}{advice.rate if is_limit else ADVICE_AGAIN}",
        status=answer.status,
        retry_after_s=wait_s,
    )


def _error_of_fault(fault: Fault, attempt: Attempt, advice: Advice) -> VenueError:
    what, venue = attempt.described(FAULTS[fault]), attempt.venue
    if fault == "tls":
        trust = f"check this machine's clock and certificates ({advice.certificates})"
        return VenueRefused(what, venue=venue, advice=f"{trust}; verification is never left out")
    if fault in UNUSABLE:
        return VenueReplyInvalid(what, venue=venue, advice=FAULT_ADVICE[fault])
    return VenueUnavailable(what, venue=venue, advice=FAULT_ADVICE[fault])


def _meaning(status: int) -> str:
    try:
        return f" ({HTTPStatus(status).phrase})"
    except ValueError:
        return ""
