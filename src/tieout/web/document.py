"""The OpenAPI document as a text, without a service behind it."""

import msgspec
import structlog

from tieout.settings import Settings
from tieout.web.app import create_app
from tieout.wiring.opening import open_service


def openapi_text() -> str:
    """The document that GET /schema/openapi.json answers with, as indented JSON."""
    service = open_service(Settings(store_url="memory://"), logger=structlog.get_logger())
    document = create_app(service, logger=structlog.get_logger()).openapi_schema.to_schema()
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"
