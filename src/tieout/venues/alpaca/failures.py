"""What Alpaca's refusals mean, and what to do about them."""

from collections.abc import Mapping

from tieout.venues.alpaca.address import kind_of
from tieout.venues.http.answers import Answer
from tieout.venues.http.failures import Advice, Attempt

STATUS_ADVICE: Mapping[int | None, str] = {
    401: "set APCA_API_KEY_ID and APCA_API_SECRET_KEY (key and secret of this connection); "
    "keys of a paper account work only at paper-api.alpaca.markets, live ones only at "
    "api.alpaca.markets",
    403: "the keys are known but may not read this; look at the account's status at Alpaca, and "
    "make new keys if these were revoked",
    404: "check the address of this connection: this is not Alpaca's API, or not its version 2",
    422: "the request was not understood; please report this with the evidence of the run",
}


def _on_refusal(answer: Answer, attempt: Attempt) -> str | None:
    advice = STATUS_ADVICE.get(answer.status)
    return f"{advice} (asked: {kind_of(attempt.address)})" if answer.status == 401 else advice


ADVICE = Advice(
    name="Alpaca",
    rate="other programs with the same keys share its 200 requests a minute",
    on_refusal=_on_refusal,
)
