"""What each operation says of its parameters, read from the OpenAPI document once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from litestar import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryParameter:
    """The words that a parameter may be, none where any text will do; a list may be repeated."""

    words: tuple[str, ...] = ()
    is_list: bool = False


Parameters = Mapping[str, QueryParameter]


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
            each["name"]: _parameter(each.get("schema", {}))
            for each in operation.get("parameters", ())
            if each.get("in") == "query"
        }
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }


def _parameter(schema: Mapping[str, Any]) -> QueryParameter:
    kinds = {each.get("type") for each in (schema, *schema.get("oneOf", ()))}
    words = tuple(str(word) for word in schema.get("enum", ()))
    return QueryParameter(words=words, is_list="array" in kinds)
