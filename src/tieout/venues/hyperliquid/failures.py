"""What refusals mean where Hyperliquid is asked, and what to do about them."""

from collections.abc import Mapping

from tieout.venues.http.answers import Answer
from tieout.venues.http.failures import Advice, Attempt

STATUS_ADVICE: Mapping[int | None, str] = {
    401: "Hyperliquid itself asks for no login: check the address of this connection, or the "
    "proxy in front of it",
    403: "this machine may not ask there: check the address of this connection, the proxy in "
    "front of it, and whether Hyperliquid serves this country",
    404: "check the address of this connection: this is not Hyperliquid's API",
    422: "the request was not understood; please report this with the evidence of the run",
}


def _on_refusal(answer: Answer, _: Attempt) -> str | None:
    return STATUS_ADVICE.get(answer.status)


ADVICE = Advice(
    name="Hyperliquid",
    rate="everything on this IP address shares a weight of 1200 a minute; sync less often",
    on_refusal=_on_refusal,
)
