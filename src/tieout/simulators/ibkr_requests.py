"""What a client of the TWS socket protocol can ask, read from the wire."""

from collections.abc import Mapping
from dataclasses import dataclass

_CONTRACT = (
    "conId", "symbol", "secType", "lastTradeDateOrContractMonth", "strike", "right", "multiplier",
    "exchange", "primaryExchange", "currency", "localSymbol", "tradingClass",
)  # fmt: skip

# The names and fields of the requests that are answered, by number.
REQUESTS: Mapping[int, tuple[str, tuple[str, ...]]] = {
    3: ("placeOrder", ("reqId",)),
    4: ("cancelOrder", ("version", "reqId")),
    5: ("reqOpenOrders", ("version",)),
    6: ("reqAccountUpdates", ("version", "subscribe", "account")),
    7: (
        "reqExecutions",
        (
            "version",
            "reqId",
            "clientId",
            "account",
            "time",
            "symbol",
            "secType",
            "exchange",
            "side",
        ),
    ),
    8: ("reqIds", ("version", "count")),
    9: ("reqContractDetails", ("version", "reqId", *_CONTRACT, "includeExpired")),
    15: ("reqAutoOpenOrders", ("version", "bind")),
    16: ("reqAllOpenOrders", ("version",)),
    17: ("reqManagedAccts", ("version",)),
    49: ("reqCurrentTime", ("version",)),
    61: ("reqPositions", ("version",)),
    62: ("reqAccountSummary", ("version", "reqId", "group", "tags")),
    63: ("cancelAccountSummary", ("version", "reqId")),
    64: ("cancelPositions", ("version",)),
    71: ("startApi", ("version", "clientId", "capabilities")),
    74: ("reqPositionsMulti", ("version", "reqId", "account", "model")),
    75: ("cancelPositionsMulti", ("version", "reqId")),
    76: ("reqAccountUpdatesMulti", ("version", "reqId", "account", "model", "ledgerAndNLV")),
    77: ("cancelAccountUpdatesMulti", ("version", "reqId")),
    92: ("reqPnL", ("reqId", "account", "model")),
    93: ("cancelPnL", ("reqId",)),
    94: ("reqPnLSingle", ("reqId", "account", "model", "conId")),
    95: ("cancelPnLSingle", ("reqId",)),
    99: ("reqCompletedOrders", ("apiOnly",)),
}


class Unreadable(ValueError):
    """The message is not one of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One request; fields that did not come are missing."""

    name: str
    fields: Mapping[str, str]

    def __getitem__(self, field: str) -> str:
        return self.fields.get(field, "")

    @property
    def req_id(self) -> str:
        return self["reqId"] or "-1"


def heard(payload: bytes) -> Heard:
    """Reads a message without its length. Raises `Unreadable`."""
    number, *texts = payload.decode(errors="replace").removesuffix("\0").split("\0")
    if not number.isascii() or not number.isdigit() or int(number) not in REQUESTS:
        raise Unreadable(f"there is no request {number[:20]!r}")
    name, names = REQUESTS[int(number)]
    if len(texts) < len(names):
        raise Unreadable(f"{name} has {len(names)} fields, not {len(texts)}")
    return Heard(name=name, fields=dict(zip(names, texts, strict=False)))
