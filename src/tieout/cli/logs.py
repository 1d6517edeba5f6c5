"""The log of a long-running command: one line an event, for people or as JSON."""

import logging
import sys
from collections.abc import Collection, MutableMapping
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from tieout.runs.log import Logger
    from tieout.settings import Settings

HIDDEN = "***"
SECRET_LENGTH_MIN = 6  # shorter ones would hide ordinary words
# What libraries say of their own work; their warnings and errors are kept.
TALKATIVE = ("uvicorn", "httpx", "httpcore", "apprise", "websockets", "alpaca", "alembic")


def start_log(
    settings: "Settings", *, out: TextIO | None = None, secrets: Collection[str] = ()
) -> "Logger":
    """Set up logging for this process; the logger. Known secrets are hidden wherever they stand."""
    import structlog

    level = logging.getLevelNamesMapping()[settings.service.log_level.upper()]
    stream = out if out is not None else sys.stderr
    is_json = settings.service.log == "json"
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _Hide(secrets),
    ]
    shown: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if is_json
        else structlog.dev.ConsoleRenderer(colors=stream.isatty(), pad_event_to=0)
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, shown],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    made: Logger = structlog.get_logger("tieout")
    return made


class _Hide:
    """Takes secrets out of everything that is logged."""

    def __init__(self, secrets: Collection[str]) -> None:
        self._secrets = [each for each in secrets if len(each) >= SECRET_LENGTH_MIN]

    def __call__(
        self, _: Any, __: str, facts: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        for key, value in facts.items():
            if isinstance(value, str):
                facts[key] = self._without(value)
        return facts

    def _without(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return text


def secrets_of(settings: "Settings") -> list[str]:
    """Every secret of the settings that has a value."""
    given = (each for found in settings.connections for each in (found.key, found.secret))
    return [each.reveal() for each in given if each is not None and not each.problem]
