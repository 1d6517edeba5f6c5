"""The program as a shell sees it: arguments in, status and two streams out."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OURS = ("TIEOUT_", "APCA_", "HYPERLIQUID_", "IBKR_", "POSITION_SYNC_", "DB_PATH")
NOT_A_SETTING = "TIEOUT_GOLDEN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of a command."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What a program reads: decimals stay texts, so that no digit is lost."""
        return json.loads(self.out, parse_float=str)


def settings_in(environment: Mapping[str, str]) -> list[str]:
    """The names that are settings of ours."""
    return [name for name in environment if name.startswith(OURS) and name != NOT_A_SETTING]


def clean_environment(**more: str) -> dict[str, str]:
    """The environment without a setting of ours, or one that would hide what is not flushed."""
    ours = {*settings_in(os.environ), "PYTHONUNBUFFERED"}
    kept = {name: text for name, text in os.environ.items() if name not in ours}
    return {**kept, "TZ": "UTC", **more}


def start(
    *arguments: str, folder: Path, environment: Mapping[str, str] | None = None
) -> "subprocess.Popen[str]":
    """The real program, in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "tieout", *arguments],
        cwd=folder,
        env=clean_environment(**(environment or {})),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_be_interruptible,
    )


def _be_interruptible() -> None:
    """A test run in the background has Ctrl-C switched off, and would hand that on."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def finish(process: "subprocess.Popen[str]", *, timeout_s: float = 60) -> Result:
    out, err = process.communicate(timeout=timeout_s)
    return Result(status=process.returncode, out=out, err=err)


def real(*arguments: str, folder: Path, environment: Mapping[str, str] | None = None) -> Result:
    """Run the real program to its end."""
    return finish(start(*arguments, folder=folder, environment=environment))
