"""Tieout keeps a trader's own position book true to what their brokers say they hold.

Start reading at `tieout.core.tieout`.
"""

__version__: str


def __getattr__(name: str) -> str:
    """The version is looked up when asked for: the look-up would slow down every command."""
    if name == "__version__":
        from importlib.metadata import version

        return version("tieout")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
