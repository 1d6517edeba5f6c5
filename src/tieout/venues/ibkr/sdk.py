"""The parts of `ib_async` that are used; without it, the venue says what to install."""

import logging

from ib_async import IB, StartupFetchNONE
from ib_async.decoder import Decoder
from ib_async.wrapper import RequestError

# What it logs as errors, with tracebacks, is told as errors, news and problems of a reading.
for _name in ("ib_async", "eventkit"):
    logging.getLogger(_name).addHandler(logging.NullHandler())
    logging.getLogger(_name).propagate = False

__all__ = ["IB", "Decoder", "RequestError", "StartupFetchNONE"]
