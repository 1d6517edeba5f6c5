"""`tieout serve`: keep every account tied out, and answer programs and people."""

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from tieout.cli.frame import settings_of
from tieout.cli.output import tell

if TYPE_CHECKING:
    import socket

    from tieout.runs.log import Logger
    from tieout.settings import Settings
    from tieout.wiring.service import Service

Host = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="Listen here; else 127.0.0.1, this machine.")
]
Port = Annotated[
    int | None, typer.Option(min=0, max=65_535, help="Listen on this port; else 5000. 0: any.")
]
Log = Annotated[
    Literal["console", "json"] | None,
    typer.Option(help="One line an event, for people or as JSON."),
]


def serve(context: typer.Context, host: Host = None, port: Port = None, log: Log = None) -> None:
    """Keep every account tied out by itself, with a REST API and a live stream of events.

    Runs every five minutes (service.schedule), after events of a venue, and when asked.
    It ends with Ctrl-C or SIGTERM, once runs in progress have finished (service.stop_limit_s),
    with status 0. A second signal ends it at once, with 130 or 143; no book is harmed.
    A book has one service: a second one says who has it, and ends with status 2.

    Examples:

    tieout users add ada

    tieout serve

    TIEOUT_SERVICE_SCHEDULE=60 tieout serve --port 8080 --log json
    """
    from tieout.cli.logs import secrets_of, start_log
    from tieout.web.server import bound
    from tieout.wiring.bookfile import is_missing, refuse_memory
    from tieout.wiring.desk import check_connections, connections_named
    from tieout.wiring.opening import open_service, refuse_open_door

    settings = _with_options(settings_of(context), host, port, log)
    refuse_memory(settings)
    check_connections(settings, connections_named(settings, ()))
    if is_missing(settings):
        _refuse_before_a_book_is_made(settings)
    logger = start_log(settings, secrets=secrets_of(settings))
    service = open_service(settings, logger=logger)
    try:
        refuse_open_door(service.store, host=settings.service.host)
        with (
            service.store.serving(service.timer.now()),
            bound(settings.service.host, settings.service.port) as listening,
        ):
            is_ended = _serve(service, listening, logger)
    finally:
        service.store.close()
    if not is_ended:
        # Threads of calls that hang would be waited for at a normal end.
        tell(
            "tieout: a run was still in progress after"
            f" {settings.service.stop_limit_s} s and was left; it booked nothing"
        )
        os._exit(0)


def _refuse_before_a_book_is_made(settings: "Settings") -> None:
    """What would end the service at its start leaves no empty book behind."""
    from tieout.web.server import bound
    from tieout.wiring.opening import refuse_open_door

    refuse_open_door(None, host=settings.service.host)
    with bound(settings.service.host, settings.service.port):
        pass


def _with_options(
    settings: "Settings", host: str | None, port: int | None, log: str | None
) -> "Settings":
    given = settings.service
    chosen = replace(
        given,
        host=given.host if host is None else host,
        port=given.port if port is None else port,
        log=given.log if log is None else log,
    )
    return replace(settings, service=chosen)


def _serve(service: "Service", listening: "socket.socket", logger: "Logger") -> bool:
    """Serve until a signal; whether every run had finished by then."""
    from tieout.web.app import create_app
    from tieout.web.server import Server, allow_many_clients, ended_by_signals, url_of

    chosen = service.desk.settings.service
    limit_s = float(chosen.stop_limit_s)
    app = create_app(service, logger=logger, cut=lambda client: server.cut(client))

    def stopping() -> None:
        logger.info("[Serve] Stopping; a run in progress finishes first")
        service.begin_stop(limit_s=limit_s)
        app.state.hub.close()

    server = Server(app, stopping=stopping, stop_limit_s=limit_s)
    allow_many_clients()
    with ended_by_signals(server):
        logger.info(f"[Serve] Listening at {url_of(listening, host=chosen.host)}")
        if not service.store.users() and not service.store.api_keys():
            logger.warning(
                "[Serve] Nobody can sign in yet; make a user with: tieout users add NAME,"
                " or a key for a program with: tieout keys add NAME"
            )
        service.start()
        try:
            server.run(sockets=[listening])
        finally:
            is_ended = service.stop(limit_s=limit_s)
    logger.info("[Serve] Stopped")
    return is_ended
