"""What can be changed while the service runs."""

import json
import re
from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Response, get, patch

from tieout.core.errors import SettingsError
from tieout.settings.runtime import CHANGEABLE, PAUSED
from tieout.web import examples
from tieout.web.auth import needs
from tieout.web.context import Asking, service_of
from tieout.web.encoding import decoded, reply
from tieout.web.openapi import described, with_body
from tieout.web.problems import Problem, bad_request
from tieout.web.shapes import SettingsShape
from tieout.wiring.service import Service

KEYS_MAX = 100
POLICY = "^accounts[.].+[.]policy[.].+$"
YES_OR_NO = {"type": ["boolean", "null"]}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "minProperties": 1,
    "maxProperties": KEYS_MAX,
    "additionalProperties": False,
    "properties": {
        "service.enabled": YES_OR_NO,
        "service.is_paused": YES_OR_NO,
        "service.schedule": {
            "type": ["string", "integer", "null"],
            "description": "Seconds, or five fields of cron.",
        },
        "service.timezone": {"type": ["string", "null"], "description": "Such as Europe/Berlin."},
        "service.sync_on_trade": YES_OR_NO,
        "service.sync_on_position_update": YES_OR_NO,
        "service.stale_page_s": {"type": ["number", "null"], "minimum": 1, "maximum": 86_400},
    },
    "patternProperties": {POLICY: {"description": "A key of a policy, as in tieout.toml."}},
}


def _material(service: Service) -> dict[str, Any]:
    current = service.desk.settings.service
    texts = service.store.runtime_settings()
    return {
        "settings": {
            **{f"service.{name}": getattr(current, name) for name in CHANGEABLE},
            PAUSED: service.is_paused,
        },
        "changed": {key: json.loads(text) for key, text in texts.items()},
    }


@get(
    "/api/settings",
    guards=[needs("read")],
    sync_to_thread=False,
    **described(
        "settings", "What can be changed at run time", SettingsShape, example=examples.SETTINGS
    ),
)
def show_settings(request: Asking) -> Response[SettingsShape]:
    return reply(_material(service_of(request)), SettingsShape)


@patch(
    "/api/settings",
    guards=[needs("admin:write")],
    operation_class=with_body(
        "Keys to values; null takes a change back.",
        example={"service.schedule": "60", "service.sync_on_trade": True},
        schema=SCHEMA,
    ),
    **described(
        "settings",
        "Change settings, all or none; kept over restarts, in effect at once",
        SettingsShape,
        example=examples.SETTINGS,
        problems=(409, 413),
    ),
)
async def change_settings(request: Asking) -> Response[SettingsShape]:
    service = service_of(request)
    try:
        changed = decoded(await request.body())
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise bad_request("The body is not JSON", "send an object of keys and values") from None
    if not isinstance(changed, dict) or not 0 < len(changed) <= KEYS_MAX:
        raise bad_request("The body is no object", f"send 1 to {KEYS_MAX} keys with their values")
    try:
        await service.change_settings(changed, by=request.user.name)
    except SettingsError as error:
        raise _refused(changed, error) from None
    return reply(_material(service), SettingsShape)


def _refused(changed: Mapping[str, Any], error: SettingsError) -> Problem:
    """A key that is none is not understood. No schema can say which schedules, zones, accounts
    and policies there are: such a value is understood, and does not fit.
    """
    if all(key in SCHEMA["properties"] or re.match(POLICY, key) for key in changed):
        return Problem(409, "These settings cannot be", f"{error}; nothing was changed")
    return bad_request("The request cannot be carried out", f"{error}; nothing was changed")


routes = [show_settings, change_settings]
