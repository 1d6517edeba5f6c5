"""The application: routes, sign-in, limits and events around one service."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

from litestar import Litestar
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.middleware import DefineMiddleware
from litestar.types import ControllerRouterHandler

from tieout.core.errors import TieoutError
from tieout.runs.log import Logger
from tieout.web.auth import Access, Authentication
from tieout.web.door import Door
from tieout.web.envelope import Application
from tieout.web.events import EventHub, Pace
from tieout.web.limits import RateLimit, monotonic
from tieout.web.openapi import configuration
from tieout.web.problems import on_bug, on_depth, on_error, on_http_error
from tieout.web.queries import refuse_unread_parameters
from tieout.web.routes import (
    accounts,
    breaks,
    health,
    jobs,
    journal,
    keys,
    past,
    positions,
    runs,
    sessions,
    settings,
    stream,
)
from tieout.wiring.service import Service

# The health is told to everybody, also while the book that knows everybody cannot be read.
PUBLIC_PATHS = ["^/healthz$", "^/readyz$", "^/schema"]
NOUNS = (
    jobs, accounts, positions, past, breaks, runs, journal, settings, keys, sessions, health,
    stream,
)  # fmt: skip


def create_app(
    service: Service,
    *,
    logger: Logger,
    pace: Pace | None = None,
    cut: Callable[[Any], None] | None = None,
    seconds: Callable[[], float] = monotonic,
) -> Litestar:
    """The web application of a service, which somebody else starts and stops.

    `cut` ends the connection of a client at once (uvicorn's, by the address of the client).
    """
    hub = EventHub(service.store, pace=pace or Pace())
    service.on_published(hub.wake)
    service_settings = service.desk.settings.service
    handlers: list[ControllerRouterHandler] = [each for noun in NOUNS for each in noun.routes]
    return Application(
        route_handlers=handlers,
        lifespan=[partial(_streaming, hub)],
        state=State(
            {
                "service": service,
                "hub": hub,
                "access": Access(service.store, service.timer),
                "books": positions.EncodedBooks(),
                "log": logger,
                "cut": cut,
                "door": Door(service_settings),
            }
        ),
        middleware=[
            DefineMiddleware(
                RateLimit,
                requests_per_minute=service_settings.requests_per_minute,
                seconds=seconds,
            ),
            DefineMiddleware(Authentication, exclude=PUBLIC_PATHS),
        ],
        before_request=refuse_unread_parameters,
        exception_handlers={
            TieoutError: on_error,
            HTTPException: on_http_error,
            RecursionError: on_depth,
            Exception: on_bug,
        },
        request_max_body_size=service_settings.body_bytes_max,
        openapi_config=configuration(),
        logging_config=None,
        debug=False,
    )


@contextlib.asynccontextmanager
async def _streaming(hub: EventHub, app: Litestar) -> AsyncIterator[None]:
    del app
    reading = asyncio.create_task(hub.run())
    try:
        yield
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
