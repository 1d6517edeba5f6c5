"""`tieout sim`: a simulated broker on this machine, for trying things out and torturing bots."""

from typing import TYPE_CHECKING, Annotated

import typer

from tieout.cli.frame import AsJson
from tieout.cli.output import console, tell, write_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from tieout.simulators.coinbase import CoinbaseSimulator
    from tieout.simulators.coinbase_market import CoinbaseMarket
    from tieout.simulators.serving import Simulator

app = typer.Typer()


@app.callback(invoke_without_command=True)
def sim(context: typer.Context) -> None:
    """A simulated broker on this machine.

    Examples:

    tieout sim alpaca

    tieout sim hyperliquid

    tieout sim ibkr

    tieout sim coinbase
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command(short_help="Alpaca's API, with an account that holds something.")
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

    def tell_reader() -> None:
        keys = simulator.credentials(ACCOUNT)
        told = {
            "APCA_API_BASE_URL": simulator.address,
            "APCA_API_KEY_ID": keys.key_id,
            "APCA_API_SECRET_KEY": keys.secret_key,
        }
        if as_json:
            write_json({**told, "stream_address": simulator.stream_address})
            return
        setting = [f"export {name}={value}" for name, value in told.items()]
        event = {"do": "trade", "account": ACCOUNT, "symbol": "AAPL", "quantity": "-10"}
        _tell(_web("Alpaca", simulator), simulator, [*setting, "tieout sync"], event)

    _serve(simulator, port, tell_reader)


@app.command(short_help="Hyperliquid's API, with perps, spot, a sub-account.")
def hyperliquid(
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="0 takes any that is free.")
    ] = 9102,
    seed: Annotated[int, typer.Option("--seed", help="The same seed, the same market.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Run Hyperliquid's API on this machine until Ctrl-C, with an account that holds perps and
    spot, on the venue's own dex and two builders', and has a sub-account.

    It speaks the real wire, so the real SDK connects to it. Trades, prices, funding,
    liquidations and faults are sent to /_sim/market and /_sim/faults.

    Examples:

    tieout sim hyperliquid

    tieout sim hyperliquid --port 9200 --seed 7
    """
    from datetime import UTC, datetime
    from random import Random

    from tieout.simulators.hyperliquid import HyperliquidSimulator
    from tieout.simulators.hyperliquid_market import HyperliquidMarket
    from tieout.simulators.hyperliquid_story import ACCOUNT, demo_story

    market = HyperliquidMarket(clock=lambda: datetime.now(UTC), chance=Random(seed))
    simulator = HyperliquidSimulator(market, port=port)
    demo_story(market, 0, simulator.faults)

    def tell_reader() -> None:
        told = {
            "venue": "hyperliquid",
            "address": simulator.address,
            "account": simulator.address_of(ACCOUNT),
        }
        if as_json:
            write_json({**told, "stream_address": simulator.stream_address})
            return
        setting = [f'{name} = "{value}"' for name, value in {"name": "hl", **told}.items()]
        event = {"do": "trade", "account": ACCOUNT, "coin": "BTC", "quantity": "-0.1"}
        setting = ["# in tieout.toml", "[[connections]]", *setting]
        _tell(_web("Hyperliquid", simulator), simulator, setting, event)

    _serve(simulator, port, tell_reader)


@app.command(short_help="An IB Gateway, with two accounts.")
def ibkr(
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="0 takes any that is free.")
    ] = 4002,
    seed: Annotated[int, typer.Option("--seed", help="The same seed, the same market.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Run an IB Gateway on this machine until Ctrl-C, with two accounts that hold stocks, options,
    a future, a bond and euros.

    It speaks the real socket protocol, so the real ib_async connects to it. Trades, prices,
    assignments, lost links and faults are sent to /_sim/market and /_sim/faults on the same port.

    Examples:

    tieout sim ibkr

    tieout sim ibkr --port 7497 --seed 7
    """
    from datetime import UTC, datetime
    from random import Random

    from tieout.simulators.ibkr import IbkrMarket, IbkrSimulator
    from tieout.simulators.ibkr_story import ACCOUNTS, demo_story

    market = IbkrMarket(clock=lambda: datetime.now(UTC), chance=Random(seed))
    simulator = IbkrSimulator(market, port=port)
    demo_story(market, 0, simulator.faults)

    def tell_reader() -> None:
        told = {
            "IBKR_HOST": simulator.host,
            "IBKR_PORT": str(simulator.port),
            "IBKR_CLIENT_ID": "7",
        }
        if as_json:
            write_json({**told, "accounts": list(ACCOUNTS), "control_address": simulator.address})
            return
        setting = [f"export {name}={value}" for name, value in told.items()]
        event = {"do": "trade", "account": ACCOUNTS[0], "symbol": "AAPL", "quantity": "-10"}
        manages = f"manages {' and '.join(ACCOUNTS)}"
        reached = f"A gateway listens on {simulator.host}, port {simulator.port}, and {manages}"
        _tell(reached, simulator, [*setting, "tieout sync"], event)

    _serve(simulator, port, tell_reader)


@app.command(short_help="Coinbase Advanced, with coins, futures, perpetuals.")
def coinbase(
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="0 takes any that is free.")
    ] = 9103,
    seed: Annotated[int, typer.Option("--seed", help="The same seed, the same market.")] = 1,
    is_plain: Annotated[
        bool, typer.Option("--plain", help="Plain HTTP; the SDK itself cannot be told so.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Run Coinbase Advanced on this machine until Ctrl-C, with a portfolio that holds coins, US
    futures and international perpetuals.

    It speaks the real wires, so the real SDK connects to it, by https: trust the certificate
    authority whose file is told. Trades, prices, funding and faults are sent to /_sim/market
    and /_sim/faults.

    Examples:

    tieout sim coinbase

    tieout sim coinbase --port 9200 --seed 7
    """
    from datetime import UTC, datetime
    from random import Random

    market_type, simulator_type = _coinbase()
    from tieout.simulators.coinbase_story import ACCOUNT, demo_story

    market = market_type(clock=lambda: datetime.now(UTC), chance=Random(seed))
    simulator = simulator_type(market, port=port, has_tls=not is_plain)
    demo_story(market, 0, simulator.faults)

    def tell_reader() -> None:
        key = simulator.credentials(ACCOUNT)
        told = {
            "COINBASE_KEY": key.name,
            # On one line: the SDK reads it so.
            "COINBASE_SECRET": key.secret.replace("\n", "\\n"),
        }
        trusted = {} if is_plain else {"ca_file": str(simulator.ca_file)}
        places = {"address": simulator.address, "gateway_address": simulator.gateway_address}
        if as_json:
            places["stream_address"] = simulator.stream_address
            places["gateway_stream_address"] = simulator.gateway_stream_address
            write_json({"venue": "coinbase", **told, **places, **trusted})
            return
        setting = [f"export {name}='{value}'" for name, value in told.items()]
        setting += [f"export REQUESTS_CA_BUNDLE={path}" for path in trusted.values()]
        secrets = {"key": "env:COINBASE_KEY", "secret": "env:COINBASE_SECRET"}
        wanted = {"name": "cb", "venue": "coinbase", "address": simulator.address, **secrets}
        setting += ["# in tieout.toml", "[[connections]]"]
        setting += [f'{name} = "{value}"' for name, value in wanted.items()]
        event = {"do": "trade", "account": ACCOUNT, "product": "BTC-USD", "quantity": "-0.1"}
        _tell(_web("Coinbase", simulator), simulator, setting, event, trusted.get("ca_file"))

    _serve(simulator, port, tell_reader)


def _coinbase() -> "tuple[type[CoinbaseMarket], type[CoinbaseSimulator]]":
    """Its market and simulator; they need what signs and checks tokens."""
    from tieout.core.errors import SettingsError

    try:
        from tieout.simulators.coinbase import CoinbaseSimulator
        from tieout.simulators.coinbase_market import CoinbaseMarket
    except ModuleNotFoundError as missing:
        if (missing.name or "").startswith("tieout"):
            raise
        raise SettingsError(
            f"the simulated Coinbase needs a package that is not installed ({missing.name}): "
            "pip install 'tieout[coinbase]'"
        ) from None
    return CoinbaseMarket, CoinbaseSimulator


def _serve(simulator: "Simulator[Any]", port: int, tell_reader: "Callable[[], None]") -> None:
    """Serves until Ctrl-C; says how to reach it once it is up."""
    import threading

    from tieout.core.errors import SettingsError
    from tieout.simulators.serving import running

    try:
        with running(simulator):
            tell_reader()
            threading.Event().wait()
    except KeyboardInterrupt:
        tell("tieout: the simulator has stopped")
    except OSError as error:
        raise SettingsError(f"--port: {port} cannot be used: {error.strerror}") from None


def _web(venue: str, simulator: "Simulator[Any]") -> str:
    return f"{venue} answers at {simulator.address}, and streams at\n{simulator.stream_address}"


def _tell(
    reached: str,
    simulator: "Simulator[Any]",
    setting: list[str],
    event: "Mapping[str, str]",
    ca_file: str | None = None,
) -> None:
    """For a person: where it is, what to set, and how to let something happen."""
    import json

    shown = console()
    shown.print(f"{reached}. In another terminal:\n", soft_wrap=True)
    for line in setting:
        shown.print(f"  {line}", markup=False, soft_wrap=True)
    shown.print("\nLet something happen, then sync again:\n")
    trust = "" if ca_file is None else f"--cacert {ca_file} "
    shown.print(f"  curl {trust}-H 'content-type: application/json' \\", soft_wrap=True)
    shown.print(f"    -d '{json.dumps(event)}' {simulator.address}/_sim/market\n", soft_wrap=True)
    shown.print("Ctrl-C ends it.")
