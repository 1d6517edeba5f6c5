"""Alpaca's errors, worded as recorded: a code that begins with the status, and a message."""

from typing import Any

from tieout.simulators.messages import Reply

CODES = {
    401: 40110000,
    403: 40310000,
    404: 40410000,
    422: 40010001,
    429: 42910000,
}
MESSAGES = {
    401: "access key verification failed : verification failure",
    429: "rate limit exceeded",
    500: "internal server error occurred",
    503: "service unavailable",
    504: "gateway timeout",
}


class Refused(Exception):
    """A call that gets an error for an answer."""

    def __init__(self, status: int, message: str = "", **facts: Any) -> None:
        super().__init__(message)
        self.reply = refusal(status, message, **facts)


def refusal(status: int, message: str = "", **facts: Any) -> Reply:
    """The reply that says no."""
    code = CODES.get(status, status * 100_000)
    worded = message or MESSAGES.get(status, "request failed")
    return Reply(status, {**facts, "code": code, "message": worded})
