"""`tieout sim`: a simulated broker on this machine, for trying things out and torturing bots."""

from typing import TYPE_CHECKING, Annotated

import typer

from tieout.cli.frame import AsJson
from tieout.cli.output import console, tell, write_json

if TYPE_CHECKING:
    from tieout.simulators.alpaca import AlpacaSimulator

app = typer.Typer()


@app.callback(invoke_without_command=True)
def sim(context: typer.Context) -> None:
    """A simulated broker on this machine.

    Examples:

    tieout sim alpaca
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command()
def alpaca(
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="0 takes any that is free.")
    ] = 9101,
    seed: Annotated[int, typer.Option("--seed", help="The same seed, the same market.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Run Alpaca's API on this machine until Ctrl-C, with an account that holds something.

    It speaks the real wire, so the real SDK connects to it. Orders, prices, splits and faults
    are sent to /_sim/market and /_sim/faults.

    Examples:

    tieout sim alpaca

    tieout sim alpaca --port 9200 --seed 7
    """
    import threading
    from datetime import UTC, datetime
    from random import Random

    from tieout.core.errors import SettingsError
    from tieout.simulators.alpaca import AlpacaSimulator, running
    from tieout.simulators.market import Market
    from tieout.simulators.story import ACCOUNT, demo_story

    market = Market(clock=lambda: datetime.now(UTC), chance=Random(seed))
    simulator = AlpacaSimulator(market, port=port)
    demo_story(market, 0, simulator.faults)
    try:
        with running(simulator):
            _tell(simulator, ACCOUNT, as_json=as_json)
            threading.Event().wait()
    except KeyboardInterrupt:
        tell("tieout: the simulator has stopped")
    except OSError as error:
        raise SettingsError(f"--port: {port} cannot be used: {error.strerror}") from None


def _tell(simulator: "AlpacaSimulator", account: str, *, as_json: bool) -> None:
    keys = simulator.credentials(account)
    told = {
        "APCA_API_BASE_URL": simulator.address,
        "APCA_API_KEY_ID": keys.key_id,
        "APCA_API_SECRET_KEY": keys.secret_key,
    }
    if as_json:
        write_json({**told, "stream_address": simulator.stream_address})
        return
    shown = console()
    shown.print(f"Alpaca answers at {simulator.address}, and streams at")
    shown.print(f"{simulator.stream_address}. In another terminal:\n")
    for name, value in told.items():
        shown.print(f"  export {name}={value}")
    shown.print("  tieout sync\n")
    shown.print("Let something happen, then sync again:\n")
    order = f'"do": "trade", "account": "{account}", "symbol": "AAPL", "quantity": "-10"'
    shown.print("  curl -H 'content-type: application/json' \\")
    shown.print(f"    -d '{{{order}}}' {simulator.address}/_sim/market\n")
    shown.print("Ctrl-C ends it.")
