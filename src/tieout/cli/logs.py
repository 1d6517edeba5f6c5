"""The log of a long-running command: one line an event, for people or as JSON."""

import json
import logging
import sys
from collections.abc import Collection
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from tieout.runs.log import Logger
    from tieout.settings import Settings

HIDDEN = "***"
SECRET_LENGTH_MIN = 6  # shorter ones would hide ordinary words
# What libraries say of their own work; their warnings and errors are kept.
TALKATIVE = ("uvicorn", "httpx", "httpcore", "apprise", "websocket", "websockets", "alpaca",
             "alembic")  # fmt: skip


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
    ]
    shown: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if is_json
        else structlog.dev.ConsoleRenderer(colors=stream.isatty(), pad_event_to=0)
    )
    handler = logging.StreamHandler(stream)
    written = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, shown],
    )
    handler.setFormatter(_Hiding(written, secrets))
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


class _Hiding(logging.Formatter):
    """Takes secrets out of a line once it is written, wherever in it they stand."""

    def __init__(self, written: logging.Formatter, secrets: Collection[str]) -> None:
        super().__init__()
        self._written = written
        long_enough = {each for each in secrets if len(each) >= SECRET_LENGTH_MIN}
        escaped = {json.dumps(each, ensure_ascii=False)[1:-1] for each in long_enough}
        self._secrets = sorted(long_enough | escaped, key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        text = self._written.format(record)
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return text


def secrets_of(settings: "Settings") -> list[str]:
    """Every secret of the settings that has a value, and what is secret within an address."""
    keys = [each for found in settings.connections for each in (found.key, found.secret)]
    keys += [hook.secret for hook in settings.webhooks]
    addresses = [hook.url for hook in settings.webhooks]
    addresses += [each.url for each in settings.notifications]
    revealed = [each.reveal() for each in keys if each is not None and not each.problem]
    for address in addresses:
        if not address.problem:
            revealed += [address.reveal(), *_secrets_in(address.reveal())]
    return revealed


def _secrets_in(address: str) -> list[str]:
    """The password and the values of the query of an address.

    >>> _secrets_in("https://bot:hunter22@chat.example/in?token=abc123")
    ['hunter22', 'abc123']
    """
    from urllib.parse import parse_qsl, urlsplit

    parts = urlsplit(address)
    values = [value for _, value in parse_qsl(parts.query)]
    return [*([parts.password] if parts.password else []), *values]
