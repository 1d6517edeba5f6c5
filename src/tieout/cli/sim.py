"""`tieout sim`: a simulated broker on this machine, for trying things out and torturing bots."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from tieout.cli.frame import AsJson
from tieout.cli.output import console, tell, write_json

if TYPE_CHECKING:
    from rich.console import Console

    from tieout.simulators.alpaca import AlpacaSimulator
    from tieout.simulators.ibkr import IbkrSimulator
    from tieout.simulators.serving import Simulator

app = typer.Typer()


@app.callback(invoke_without_command=True)
def sim(context: typer.Context) -> None:
    """A simulated broker on this machine.

    Examples:

    tieout sim alpaca

    tieout sim ibkr
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
    from datetime import UTC, datetime
    from random import Random

    from tieout.simulators.alpaca import AlpacaSimulator
    from tieout.simulators.market import Market
    from tieout.simulators.story import ACCOUNT, demo_story

    market = Market(clock=lambda: datetime.now(UTC), chance=Random(seed))
    simulator = AlpacaSimulator(market, port=port)
    demo_story(market, 0, simulator.faults)
    _serve(simulator, port, lambda: _tell(simulator, ACCOUNT, as_json=as_json))


@app.command()
def ibkr(
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="0 takes any that is free.")
    ] = 4002,
    seed: Annotated[int, typer.Option("--seed", help="The same seed, the same market.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Run an IB Gateway on this machine until Ctrl-C, with two accounts that hold something.

    It speaks the real socket protocol, so the real ib_async connects to it. Trades, prices, lost
    links and faults are sent to /_sim/market and /_sim/faults on the same port.

    Examples:

    tieout sim ibkr

    tieout sim ibkr --port 7497 --seed 7
    """
    from datetime import UTC, datetime
    from random import Random

    from tieout.simulators.ibkr import IbkrMarket, IbkrSimulator
    from tieout.simulators.ibkr_story import ACCOUNTS, open_accounts

    market = IbkrMarket(clock=lambda: datetime.now(UTC), chance=Random(seed))
    open_accounts(market)
    simulator = IbkrSimulator(market, port=port)
    _serve(simulator, port, lambda: _tell_gateway(simulator, ACCOUNTS, as_json=as_json))


def _serve(simulator: "Simulator", port: int, say_how: Callable[[], None]) -> None:
    """Runs a simulator until Ctrl-C."""
    import threading

    from tieout.core.errors import SettingsError
    from tieout.simulators.serving import running

    try:
        with running(simulator):
            say_how()
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
    _tell_more(shown, simulator.address, account)


def _tell_gateway(simulator: "IbkrSimulator", accounts: tuple[str, ...], *, as_json: bool) -> None:
    told = {
        "IBKR_HOST": simulator.host,
        "IBKR_PORT": str(simulator.port),
        "IBKR_CLIENT_ID": "7",
    }
    if as_json:
        write_json({**told, "accounts": list(accounts), "control_address": simulator.address})
        return
    shown = console()
    shown.print(f"A gateway listens on {simulator.host}, port {simulator.port}, and manages")
    shown.print(f"{' and '.join(accounts)}. In another terminal:\n")
    for name, value in told.items():
        shown.print(f"  export {name}={value}")
    shown.print("  tieout sync\n")
    shown.print("Let something happen, then sync again:\n")
    _tell_more(shown, simulator.address, accounts[0])


def _tell_more(shown: "Console", address: str, account: str) -> None:
    order = f'"do": "trade", "account": "{account}", "symbol": "AAPL", "quantity": "-10"'
    shown.print("  curl -H 'content-type: application/json' \\")
    shown.print(f"    -d '{{{order}}}' {address}/_sim/market\n")
    shown.print("Ctrl-C ends it.")
