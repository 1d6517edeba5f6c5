"""How Coinbase words an error, on each of its two wires."""

from typing import Any

from tieout.simulators.messages import Reply
from tieout.simulators.spoiling import Plain

STATUSES = {
    400: "INVALID_ARGUMENT",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    410: "GONE",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
SCOPES = "Missing required scopes"

# The gateway: status of HTTP -> code and word (Deribit's error codes).
CODES = {
    400: (11050, "bad_request"),
    401: (13009, "unauthorized"),
    403: (13021, "forbidden"),
    404: (-32601, "Method not found"),
    410: (11030, "other_reject gone"),
    429: (10028, "too_many_requests"),
    500: (11094, "internal_server_error"),
    503: (13028, "temporarily_unavailable"),
    504: (13888, "timed_out"),
}


def refused(status: int, message: str = "") -> Reply:
    """As Advanced Trade says it: 401 is plain words, the rest an object."""
    if status == 401:
        return Reply(401, Plain("Unauthorized\n"))
    word = STATUSES.get(status, "UNKNOWN")
    shown = message or word
    details = SCOPES if status == 403 and not message else shown
    # No space after the colon: the SDK looks for just these words.
    return Reply(status, {"error": word, "error_details": details, "message": shown})


def refused_by_gateway(status: int, message: str = "", call: Any = None) -> Reply:
    """As the JSON-RPC gateway says it."""
    code, word = CODES.get(status, (11094, "internal_server_error"))
    return Reply(status, rpc_error(code, word, message or word, call))


def rpc_error(code: int, word: str, reason: str, call: Any) -> Any:
    error = {"code": code, "message": word, "data": {"reason": reason}}
    return {"jsonrpc": "2.0", "id": call, "error": error, "testnet": False}
