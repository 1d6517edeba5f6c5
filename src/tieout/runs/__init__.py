"""Runs: lock, fetch, plan, guard, apply, publish. Start reading at `tieout.runs.run`."""

from tieout.runs.order import Finished, Order, Parts
from tieout.runs.run import plan_only, run

__all__ = ["Finished", "Order", "Parts", "plan_only", "run"]
