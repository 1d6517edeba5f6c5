"""What Coinbase's refusals mean, and what to do about them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from tieout.venues.coinbase.address import kind_of
from tieout.venues.coinbase.exchange import Question
from tieout.venues.coinbase.login import VARIABLES
from tieout.venues.coinbase.rpc import error_in
from tieout.venues.http.answers import Answer, date_in
from tieout.venues.http.failures import Advice, Attempt

STATUS_ADVICE: Mapping[int | None, str] = {
    401: f"set {VARIABLES['key']} and {VARIABLES['secret']} (key and secret of this connection) "
    "to a key of the CDP portal, and set this machine's clock: a signature is good for two "
    "minutes; Coinbase also answers so when it is asked too often",
    403: "the key is known but may not read this: give it the permission View, and look at its "
    "list of IP addresses in the CDP portal",
    404: "check the address of this connection: this is not Coinbase's API, or not this version",
    410: "Coinbase no longer offers this; update Tieout",
}
SKEW_MAX = timedelta(seconds=30)  # a signature says from when on it is good


def judged(question: Question, answer: Answer) -> Answer:
    """An answer of the gateway, whose errors are in the envelope, with the status they stand for.

    Errors of whatever is in front of the gateway keep the status they came with.
    """
    found = error_in(answer.body) if question.method and answer.fault is None else None
    if found is None:
        return answer
    status, wait_s = found
    headers = dict(answer.headers)
    if wait_s is not None:
        headers.setdefault("retry-after", f"{wait_s:g}")
    return replace(answer, status=status, headers=headers)


def _on_refusal(answer: Answer, attempt: Attempt) -> str | None:
    advice = STATUS_ADVICE.get(answer.status)
    if answer.status != 401:
        return advice
    return f"{_clock_advice(answer, attempt)}{advice} (asked: {kind_of(attempt.address)})"


def _clock_advice(answer: Answer, attempt: Attempt) -> str:
    theirs = date_in(answer.headers.get("date", ""))
    if theirs is None or abs(attempt.at - theirs) <= SKEW_MAX:
        return ""
    word = "ahead of" if attempt.at > theirs else "behind"
    skew_s = abs((attempt.at - theirs).total_seconds())
    return f"set this machine's clock first, it is {skew_s:.0f} s {word} Coinbase's; "


ADVICE = Advice(
    name="Coinbase",
    rate="other programs with the same keys share its 30 requests a second",
    certificates="REQUESTS_CA_BUNDLE, or ca_file in the options of this connection",
    on_refusal=_on_refusal,
)
