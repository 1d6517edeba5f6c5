"""Query parameters that mislead where they are not read are refused: an operation does not have
them, or they are given twice.
"""

from typing import Any

from litestar import Request
from litestar.exceptions import NotFoundException

from tieout.web.parameters import query_parameters
from tieout.web.problems import bad_request

NO_SCHEMA = "/schema/{path}"  # the framework answers these with a page of its own


async def refuse_unread_parameters(request: Request[Any, Any, Any]) -> None:
    """Refuse a request with a parameter that its operation would not read."""
    path = request.scope["path_template"]
    if path == NO_SCHEMA:
        raise NotFoundException
    given = request.query_params.keys()
    known = query_parameters(request) if given else None
    if known is None:
        return
    unknown = sorted({each for each in given if each not in known})
    if unknown:
        allowed = f"allowed are {', '.join(sorted(known))}" if known else "it has none"
        names = ", ".join(map(repr, unknown))
        raise bad_request(f"{request.method} {path} has no query parameter {names}", allowed)
    twice = [each for each in known if not known[each].is_list and _count(request, each) > 1]
    if twice:
        names = ", ".join(map(repr, sorted(twice)))
        raise bad_request(f"The query has {names} more than once", "give each parameter once")


def _count(request: Request[Any, Any, Any], name: str) -> int:
    return len(request.query_params.getall(name, []))
