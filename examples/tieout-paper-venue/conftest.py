"""Where the package is not installed, as in a clone of Tieout, its tests find it all the same."""

import os
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FOLDERS = pytest.StashKey[tempfile.TemporaryDirectory[str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Put the modules on the path, and a wheel, as it has the entry point."""
    try:
        distribution("tieout-paper-venue")
    except PackageNotFoundError:
        folder = config.stash[FOLDERS] = tempfile.TemporaryDirectory()
        sys.path[:0] = [str(HERE / "src"), _wheel_in(folder.name)]


def pytest_unconfigure(config: pytest.Config) -> None:
    if FOLDERS in config.stash:
        config.stash[FOLDERS].cleanup()


def _wheel_in(folder: str) -> str:
    """What an installer would unpack, by the build backend that pyproject.toml names."""
    from hatchling.build import build_wheel

    before = Path.cwd()
    os.chdir(HERE)
    try:
        return str(Path(folder) / build_wheel(folder))
    finally:
        os.chdir(before)
