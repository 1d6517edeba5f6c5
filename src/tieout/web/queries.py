"""Query parameters that an operation does not have are refused: unread, they would mislead."""

from typing import Any

from litestar import Request

from tieout.web.parameters import query_parameters
from tieout.web.problems import bad_request


async def refuse_unknown_parameters(request: Request[Any, Any, Any]) -> None:
    """Refuse a request with a parameter that its operation does not say it has."""
    given = request.query_params.keys()
    known = query_parameters(request) if given else None
    if known is None:
        return
    unknown = sorted({each for each in given if each not in known})
    if unknown:
        names, path = ", ".join(map(repr, unknown)), request.scope["path_template"]
        allowed = f"allowed are {', '.join(sorted(known))}" if known else "it has none"
        raise bad_request(f"{request.method} {path} has no query parameter {names}", allowed)
