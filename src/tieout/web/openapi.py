"""The OpenAPI document: what every operation says of itself, in one place."""

from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

import msgspec
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import (
    Components,
    Example,
    OpenAPIMediaType,
    Operation,
    RequestBody,
    SecurityScheme,
)

from tieout.web.problems import MEDIA_TYPE, ProblemDetails

SIGNED_IN: list[dict[str, list[str]]] = [{"cookie": []}, {"key": []}]
PUBLIC: list[dict[str, list[str]]] = [{}]
WORDS = {
    400: "The request cannot be understood",
    401: "Nobody is signed in",
    403: "The capability is missing, or another site asked",
    404: "There is no such thing",
    409: "It does not fit what is there, or something else is in progress",
    413: "The body is too large",
    421: "The Host header says a name that is not one of the service",
    429: "Too many requests",
    500: "It failed",
    502: "The venue could not be read",
    503: "The book cannot be used now",
}


def described(
    tag: str,
    summary: str,
    shape: type[Any],
    *,
    example: Any,
    problems: Iterable[int] = (),
    is_public: bool = False,
    status: int = 200,
    operation_id: str | None = None,
    media_type: str = "application/json",
) -> dict[str, Any]:
    """The keywords of a route that describe it: an example of its reply, and its problems."""
    common = (400, 429, 503) if is_public else (400, 401, 403, 421, 429, 503)
    responses: dict[int, ResponseSpec] = {
        code: _problem(code) for code in sorted({*common, *problems})
    }
    responses[status] = ResponseSpec(
        data_container=shape,
        generate_examples=False,
        media_type=media_type,
        description=summary,
        examples=[_example(summary, example)],
    )
    made: dict[str, Any] = {
        "tags": [tag],
        "summary": summary,
        "responses": responses,
        "security": PUBLIC if is_public else SIGNED_IN,
    }
    if operation_id is not None:
        made["operation_id"] = operation_id
    return made


def _problem(status: int) -> ResponseSpec:
    example = {
        "type": "/problems/example",
        "title": WORDS[status],
        "status": status,
        "detail": "what happened, and what to do next",
        "error": WORDS[status],
        "message": "what happened, and what to do next",
        "errors": [],
    }
    return ResponseSpec(
        data_container=ProblemDetails,
        generate_examples=False,
        media_type=MEDIA_TYPE,
        description=WORDS[status],
        examples=[_example(WORDS[status], example)],
    )


def _example(summary: str, value: Any) -> Example:
    """An example as it stands: encoded already, since nulls would be left out of a dictionary."""
    return Example(summary=summary, value=msgspec.Raw(msgspec.json.encode(value)))


def configuration() -> OpenAPIConfig:
    """What the document says of the whole."""
    return OpenAPIConfig(
        title="Tieout",
        version=version("tieout"),
        description="Keeps your own position book true to what your brokers say you hold.",
        path="/schema",
        render_plugins=[JsonRenderPlugin()],  # the others show pages that load from elsewhere
        components=Components(
            security_schemes={
                "cookie": SecurityScheme(
                    type="apiKey",
                    name="session",
                    security_scheme_in="cookie",
                    description="The cookie of POST /api/login.",
                ),
                "key": SecurityScheme(
                    type="apiKey",
                    name="X-API-Key",
                    security_scheme_in="header",
                    description="A key of `tieout keys add` or POST /api/keys.",
                ),
            }
        ),
    )


def with_body(description: str, *, example: Any, schema: Any) -> type[Operation]:
    """An operation with a body of this JSON schema."""
    body = RequestBody(
        required=True,
        description=description,
        content={"application/json": OpenAPIMediaType(schema=schema, example=example)},
    )

    class WithBody(Operation):
        def __init__(self, **rest: Any) -> None:
            super().__init__(**{**rest, "request_body": body})

    return WithBody


def schema_of(shape: type[msgspec.Struct]) -> Any:
    """The JSON schema of what a request brings, strict where the shape is."""
    _, components = msgspec.json.schema_components([shape])
    return components[shape.__name__]
