"""What each operation says of its parameters, read from the OpenAPI document once."""

from collections.abc import Mapping
from typing import Any

from litestar import Request

# The name of a query parameter to the words that it may be; no words where any text will do.
Parameters = Mapping[str, tuple[str, ...]]


def query_parameters(request: Request[Any, Any, Any]) -> Parameters | None:
    """Those of the operation that a request asks for; None for what is no operation."""
    state = request.app.state
    known = state.get("query_parameters")
    if known is None:
        known = state["query_parameters"] = _known(request.app.openapi_schema.to_schema())
    found: Parameters | None = known.get((request.scope.get("path_template"), request.method))
    return found


def _known(document: Mapping[str, Any]) -> dict[tuple[str, str], Parameters]:
    return {
        (path, method.upper()): {
            each["name"]: tuple(str(word) for word in each.get("schema", {}).get("enum", ()))
            for each in operation.get("parameters", ())
            if each.get("in") == "query"
        }
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
