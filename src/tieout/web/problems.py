"""Errors as problem details (RFC 9457), with `error` and `message` beside, as in seed 000."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import (
    HTTPException,
    MethodNotAllowedException,
    NotFoundException,
    ValidationException,
)
from litestar.exceptions.http_exceptions import RequestEntityTooLarge

from tieout.core.errors import (
    SettingsError,
    StaleVersion,
    StoreError,
    TieoutError,
    VenueError,
)
from tieout.ports import AccountBusy, ServiceStopping
from tieout.runs.approvals import NothingHeld
from tieout.runs.story import NoEvidence
from tieout.web.parameters import query_parameters

MEDIA_TYPE = "application/problem+json"
DOCUMENT = "/schema/openapi.json"
SHOWN_CHARACTERS_MAX = 200
BUSY = ("Position sync already in progress", "Please wait for the current sync to complete")


class ProblemDetails(msgspec.Struct, kw_only=True):
    """What went wrong, and what to do next."""

    type: str
    title: str
    status: int
    detail: str
    error: str
    message: str
    errors: list[str] = []


class Problem(TieoutError):
    """An answer that is no success. `error` is short, `message` says what to do next."""

    code = "problem"

    def __init__(
        self,
        status: int,
        error: str,
        message: str,
        *,
        errors: list[str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(f"{error}: {message}")
        self.status = status
        self.error = error
        self.message = message
        self.errors = errors or []
        self.headers = headers or {}


def not_found(what: str, advice: str) -> Problem:
    """There is no such thing."""
    return Problem(404, f"There is no {what}", advice)


def bad_request(error: str, message: str, *, errors: list[str] | None = None) -> Problem:
    """The request cannot be understood."""
    return Problem(400, error, message, errors=errors)


def response_of(problem: Problem) -> Response[bytes]:
    """A problem as a reply."""
    status = HTTPStatus(problem.status)
    details = ProblemDetails(
        type=f"/problems/{status.phrase.lower().replace(' ', '-')}",
        title=status.phrase,
        status=problem.status,
        detail=problem.message,
        error=problem.error,
        message=problem.message,
        errors=problem.errors,
    )
    return Response(
        msgspec.json.encode(details),
        media_type=MEDIA_TYPE,
        status_code=problem.status,
        headers=problem.headers,
    )


def problem_of(error: TieoutError) -> Problem:
    """An error of ours as a problem."""
    match error:
        case Problem():
            return error
        case AccountBusy():
            return Problem(409, *BUSY)
        case StaleVersion():
            return Problem(409, "The book was changed meanwhile", f"{error}; try again")
        case NothingHeld():
            return Problem(409, "Nothing waits for this decision", str(error))
        case NoEvidence():
            return Problem(404, "That is not kept", str(error))
        case SettingsError():
            return bad_request("The request cannot be carried out", str(error))
        case ServiceStopping():
            return Problem(503, "The service is stopping", str(error))
        case StoreError():
            return Problem(503, "The book cannot be used now", str(error))
        case VenueError():
            return Problem(502, "The venue could not be read", str(error))
        case _:
            return Problem(500, "The request failed", str(error))


def on_error(request: Request[Any, Any, Any], error: TieoutError) -> Response[bytes]:
    """The handler of our own errors."""
    del request
    return response_of(problem_of(error))


def on_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """The handler of what the framework refuses: no such path, a wrong method, a bad value."""
    phrase = HTTPStatus(error.status_code).phrase
    listed = _faults(request, error)
    message = "; ".join(listed) or _advice(request, error) or error.detail or phrase
    headers = {str(name): str(text) for name, text in (error.headers or {}).items()}
    problem = Problem(error.status_code, phrase, message, errors=listed, headers=headers)
    return response_of(problem)


def _advice(request: Request[Any, Any, Any], error: HTTPException) -> str | None:
    """What to do about what the framework refuses in two words."""
    path = request.url.path[:SHOWN_CHARACTERS_MAX]
    match error:
        case NotFoundException():
            return f"there is nothing at {path}; {DOCUMENT} lists what there is"
        case MethodNotAllowedException():
            return f"{path} has no {request.method}; the header Allow lists what it has"
        case RequestEntityTooLarge():
            most = request.app.state.service.desk.settings.service.body_bytes_max
            return f"a body has at most {most} bytes (service.body_bytes_max)"
        case _:
            return None


def _faults(request: Request[Any, Any, Any], error: HTTPException) -> list[str]:
    if not isinstance(error, ValidationException) or not isinstance(error.extra, list):
        return []
    return [_fault(request, each) for each in error.extra if isinstance(each, dict)]


# The framework names a parameter as the function that takes it does.
SENT_AS: Mapping[tuple[str, Any], str] = {
    ("last_event_id", "header"): "Last-Event-ID",
    ("last_id", "query"): "last_event_id",
}


def _fault(request: Request[Any, Any, Any], told: dict[str, Any]) -> str:
    """One wrong value; the framework calls the body `data`, and does not say what is allowed."""
    key, said = str(told.get("key", "data")), str(told.get("message", "is wrong"))
    if key == "data":
        return "body: is missing" if said == "'data'" else f"body: {said}"
    key = SENT_AS.get((key, told.get("source")), key)
    known = (query_parameters(request) or {}).get(key)
    allowed = f", allowed are {', '.join(known.words)}" if known and known.words else ""
    return f"{key}: {said}{allowed}"


def on_depth(request: Request[Any, Any, Any], error: RecursionError) -> Response[bytes]:
    """The handler of a body whose lists and objects lie inside each other too deep."""
    if request.method in ("GET", "DELETE"):  # they have none
        return on_bug(request, error)
    return response_of(bad_request("The body is nested too deep", "send what the document says"))


def on_bug(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """The handler of our mistakes: logged in full, told in short."""
    request.app.state.log.error("[Web] Request failed", path=request.url.path, exc_info=error)
    return response_of(
        Problem(500, "The request failed", "this is a mistake of ours; the log has the details")
    )
