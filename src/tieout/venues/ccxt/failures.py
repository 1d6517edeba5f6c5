"""What went wrong with a call, by ccxt's tree of errors and by what was really on the wire.

ccxt alone does not tell enough: a 403 is an ExchangeNotAvailable to it, which looks as if it
would pass, and what is no JSON becomes a text in which no rows are found.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

import ccxt

from tieout.core.errors import VenueError, VenueRefused, VenueReplyInvalid, VenueUnavailable
from tieout.venues.ccxt.quirks import Passing, at_path
from tieout.venues.ccxt.sdk import Heard, WriteRefused
from tieout.venues.connection import ADVICE_AGAIN
from tieout.venues.http.scrub import Scrub

ADVICE_INVALID = (
    "nothing was changed; if it stays, look at the exchange's status page, and update ccxt "
    "(pip install -U ccxt)"
)
ADVICE_KEYS = (
    "check key, secret and password of this connection, that the key may read, and the addresses "
    "it is allowed to come from"
)
ADVICE_RATE = "other programs with the same key or address share the exchange's limit"
ADVICE_PERMITTED = "the exchange did not accept the question; see what it says"
AUTH = (401, 403)
RATE = (418, 429)
QUERY = re.compile(r"\?[\w.%-]+=\S*")
ASIDE = ("error", "errors")
CAME = {
    "cut": "broke off",
    "too_large": "is too long",
    "unmeasured": "has a Content-Length that is none",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question brought: a value, or an error; and all that was heard meanwhile.

    Where the rows of a good reply are in a list, an empty object has none, and `is_list` says so.
    `passing` are the exchange's codes for what passes by itself, beside those that ccxt knows.
    """

    value: Any
    error: Exception | None
    heard: tuple[Heard, ...]
    is_list: bool = False
    passing: Passing | None = None

    @property
    def last(self) -> Heard | None:
        return self.heard[-1] if self.heard else None

    @property
    def status(self) -> int | None:
        return self.last.status if self.last else None


def is_unsupported(answer: Answer) -> bool:
    """Whether ccxt said no before anything was sent."""
    kinds = (ccxt.NotSupported, ccxt.ArgumentsRequired)
    return isinstance(answer.error, kinds) and not answer.heard


def error_of(
    answer: Answer, *, venue: str, words: str, scrub: Scrub, wish_s: float | None
) -> VenueError | None:
    """The error of an answer, or None for a good one. `wish_s` is how long it asks to wait."""
    if isinstance(answer.error, WriteRefused):
        raise answer.error
    kind, advice = _judged(answer)
    if kind is None:
        return None
    # The query of a request has its signature in it.
    told = QUERY.sub("", str(answer.error)) if answer.error else "a reply that says nothing"
    said = scrub.text(told)
    message = f"{words}: {_outcome(answer)}{said}"
    if kind is VenueUnavailable:
        return VenueUnavailable(
            message, venue=venue, advice=advice, status=answer.status, retry_after_s=wish_s
        )
    return kind(message, venue=venue, advice=advice, status=answer.status)


def is_worth_retrying(error: VenueError) -> bool:
    """What may pass by itself, and a body that broke off."""
    return isinstance(error, VenueUnavailable) or "broke off" in str(error)


def _outcome(answer: Answer) -> str:
    last = answer.last
    if last is None:
        return ""
    if last.fault in CAME:
        return f"the reply {CAME[last.fault]}; "
    if last.status is None or last.fault:
        return "no whole reply came; "
    return f"{last.method} {last.place} answered {last.status}; "


def _judged(answer: Answer) -> tuple[type[VenueError] | None, str]:
    error, last = answer.error, answer.last
    if isinstance(error, ccxt.AuthenticationError) or answer.status in AUTH:
        return VenueRefused, ADVICE_KEYS
    if isinstance(error, ccxt.DDoSProtection | ccxt.RateLimitExceeded) or answer.status in RATE:
        return VenueUnavailable, f"{ADVICE_AGAIN}; {ADVICE_RATE}"
    if last is not None and last.fault in CAME:
        return VenueReplyInvalid, ADVICE_AGAIN
    if last is not None and last.fault == "timeout":
        return VenueUnavailable, ADVICE_AGAIN
    is_late = isinstance(error, ccxt.RequestTimeout | ccxt.OnMaintenance | ccxt.InvalidNonce)
    if is_late or _is_told_to_pass(answer):
        return VenueUnavailable, ADVICE_AGAIN
    return _judged_by_body(answer) if last else _judged_unsent(error)


def _is_told_to_pass(answer: Answer) -> bool:
    """Whether the exchange itself says, with a good status, that it cannot answer for now.

    ccxt's table of errors knows most of its codes, and repeats the body then. Where it does not,
    the error is its own guess about a body that it could not read.
    """
    error, last, passing = answer.error, answer.last, answer.passing
    if last is None or last.status is None or last.status >= 300 or error is None:
        return False
    is_in_table = isinstance(error, ccxt.NetworkError) or type(error) is ccxt.OperationFailed
    said = last.body.decode(errors="replace").strip()
    if is_in_table and said.startswith("{") and said in str(error):
        return True
    return passing is not None and at_path(decoded(last.body), passing.path) in passing.codes


def _judged_unsent(error: Exception | None) -> tuple[type[VenueError] | None, str]:
    if error is None:
        return None, ""
    if isinstance(error, ccxt.NetworkError):
        return VenueUnavailable, ADVICE_AGAIN
    return VenueRefused, ADVICE_PERMITTED


def _judged_by_body(answer: Answer) -> tuple[type[VenueError] | None, str]:
    error, status = answer.error, answer.status
    if status is None:
        return VenueUnavailable, "check the network and the address of this connection"
    if status >= 500:
        return VenueUnavailable, ADVICE_AGAIN
    tells_nothing = error is not None or is_empty(answer.value)
    if status < 300 and tells_nothing and not _is_told_empty(answer):
        return VenueReplyInvalid, ADVICE_INVALID
    if 300 <= status < 400:
        return VenueRefused, "set the address to where it leads; redirects are not followed"
    if error is None:
        return None, ""
    if isinstance(error, ccxt.NetworkError) and status != 404:
        return VenueUnavailable, ADVICE_AGAIN
    if status >= 400:
        return VenueRefused, ADVICE_PERMITTED
    return VenueReplyInvalid, ADVICE_INVALID


def is_empty(value: Any) -> bool:
    """Whether a value tells of nothing: no row, no coin of a balance, or a text as it came."""
    if isinstance(value, dict) and "total" in value:
        return not value["total"]
    return not value or isinstance(value, str)


def _is_told_empty(answer: Answer) -> bool:
    """The last reply has the rows; those before may be what ccxt needs to ask for them."""
    if answer.error is not None:
        return all(has_rows(each.body, is_list=False, aside=()) for each in answer.heard)
    *before, last = answer.heard
    has_place = has_rows(last.body, is_list=answer.is_list)
    return has_place and all(_tells_something(each.body) for each in before)


def _tells_something(body: bytes) -> bool:
    """Whether a body has a place for rows, or facts in an object of its own; an error has neither.

    >>> [_tells_something(body) for body in (b'{"result": {"mode": 6}}', b'{"message": "no"}')]
    [True, False]
    """
    found = decoded(body)
    facts = found.values() if isinstance(found, dict) else ()
    return has_rows(body, is_list=False) or any(isinstance(each, dict) for each in facts)


def has_rows(body: bytes, *, is_list: bool, aside: tuple[str, ...] = ASIDE) -> bool:
    """Whether a body has a place for rows: a list, or an object that is empty.

    Nothing may be taken for empty that does not say so: an error object has no such place, nor
    has the list of errors that some exchanges add to every reply.

    >>> [has_rows(body, is_list=False) for body in (b'{"result": []}', b'{"result": {}}', b"null")]
    [True, True, False]
    >>> [has_rows(body, is_list=True) for body in (b'{"result": {}}', b'{"error": []}', b"[]")]
    [False, False, True]
    """
    found = decoded(body)
    return _has_place(found, is_list, aside)


def decoded(body: bytes) -> object:
    """The JSON of a body; None for what is none."""
    try:
        found: object = json.loads(body)
    except ValueError:
        return None
    return found


def _has_place(value: Any, is_list: bool, aside: tuple[str, ...]) -> bool:
    if isinstance(value, list):
        return True
    if not isinstance(value, dict):
        return False
    if not value:
        return not is_list
    return any(_has_place(value[name], is_list, aside) for name in value if name not in aside)
