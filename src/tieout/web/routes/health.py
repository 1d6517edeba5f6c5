"""Whether the program is alive and ready, and its metrics."""

from litestar import MediaType, Response, get

from tieout.runs.apart import apart
from tieout.web.auth import needs
from tieout.web.context import Asking, service_of
from tieout.web.encoding import reply
from tieout.web.metrics import metrics_text
from tieout.web.openapi import described
from tieout.web.problems import Problem
from tieout.web.shapes import HealthShape


@get(
    "/healthz",
    sync_to_thread=False,
    **described(
        "health", "The program is alive", HealthShape, example={"status": "alive"}, is_public=True
    ),
)
def healthz() -> Response[HealthShape]:
    return reply({"status": "alive"}, HealthShape)


@get(
    "/readyz",
    **described(
        "health",
        "The book can be used and the service runs",
        HealthShape,
        example={"status": "ready"},
        is_public=True,
    ),
)
async def readyz(request: Asking) -> Response[HealthShape]:
    health = await apart(service_of(request).health)  # it tries to write
    if not health.is_ready:
        raise Problem(503, "Not ready", health.problem or "unknown")
    return reply({"status": "ready"}, HealthShape)


@get(
    "/metrics",
    guards=[needs("read")],
    media_type=MediaType.TEXT,
    sync_to_thread=True,
    **described(
        "health",
        "Metrics for Prometheus",
        str,
        example='tieout_runs_total{account="main",result="successful"} 142.0\n',
        media_type=MediaType.TEXT,
    ),
)
def metrics(request: Asking) -> Response[str]:
    text, content_type = metrics_text(service_of(request), request.app.state.hub)
    return Response(text, media_type=content_type)


routes = [healthz, readyz, metrics]
