"""Query parameters that an operation does not have are refused: unread, they would mislead."""

from collections.abc import Mapping
from typing import Any

from litestar import Request

from tieout.web.problems import bad_request

Known = Mapping[tuple[str, str], frozenset[str]]


async def refuse_unknown_parameters(request: Request[Any, Any, Any]) -> None:
    """Refuse a request with a parameter that its operation does not say it has."""
    template, method = request.scope.get("path_template", ""), request.method
    given = request.query_params.keys()
    if not given:
        return
    known = _known_in(request).get((template, method))
    if known is None:  # the document itself
        return
    unknown = sorted({each for each in given if each not in known})
    if unknown:
        allowed = f"allowed are {', '.join(sorted(known))}" if known else "it has none"
        names = ", ".join(map(repr, unknown))
        raise bad_request(f"{method} {template} has no query parameter {names}", allowed)


def _known_in(request: Request[Any, Any, Any]) -> Known:
    """What each operation says of itself, read from the document once."""
    state = request.app.state
    known: Known | None = state.get("query_parameters")
    if known is None:
        known = state["query_parameters"] = _known(request.app.openapi_schema.to_schema())
    return known


def _known(document: Mapping[str, Any]) -> Known:
    return {
        (path, method.upper()): frozenset(
            each["name"] for each in operation.get("parameters", ()) if each.get("in") == "query"
        )
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
