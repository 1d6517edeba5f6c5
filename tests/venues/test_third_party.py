"""A venue in a package of somebody else's: built, installed beside Tieout, found and tested."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "examples" / "tieout-paper-venue"
BUILD = "import hatchling.build, sys; print(hatchling.build.build_wheel(sys.argv[1]))"
SHOW = "from tieout.venues import registry; print(*registry.venues())"


def python(*arguments: str, folder: Path, installed: Path | None = None) -> str:
    """What a Python of its own prints; `installed` holds one more distribution."""
    environment = dict(os.environ)
    if installed is not None:  # it needs no plugin of ours
        environment |= {"PYTHONPATH": str(installed), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """The package as an installer leaves it: its modules, and beside them its metadata."""
    folder = tmp_path_factory.mktemp("site")
    python("-c", BUILD, str(folder), folder=PACKAGE)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder)
    wheel.unlink()
    return folder


def test_it_is_found_by_its_entry_point(installed, tmp_path):
    assert "paper" in python("-c", SHOW, folder=tmp_path, installed=installed).split()
    assert "paper" not in python("-c", SHOW, folder=tmp_path).split()


def test_it_passes_the_suite_of_every_venue_by_the_command_of_its_readme(installed):
    tests = "examples/tieout-paper-venue/tests"
    assert f"    python -m pytest {tests}\n" in (PACKAGE / "README.md").read_text(encoding="utf-8")
    options = ("-q", "-p", "no:cacheprovider")
    told = python("-m", "pytest", *options, tests, folder=ROOT, installed=installed)
    assert "37 passed" in told


def test_in_a_clone_it_passes_without_being_installed():
    """The command that the readme and docs/adding-a-venue.md give, with the Python of the clone."""
    command = ".venv/bin/python -m pytest examples"
    for page in (PACKAGE / "README.md", ROOT / "docs" / "adding-a-venue.md"):
        assert command in page.read_text(encoding="utf-8")
    told = python("-m", "pytest", "-q", "-p", "no:cacheprovider", "examples", folder=ROOT)
    assert "37 passed" in told


def test_its_settings_may_stand_in_the_file_like_any_others(installed, tmp_path):
    lines = ['[[connections]]', 'name = "mine"', 'venue = "paper"',
             'address = "http://127.0.0.1:9"', 'key = "paper-key"']  # fmt: skip
    (tmp_path / "tieout.toml").write_text("\n".join(lines))
    show = (
        "from pathlib import Path; from tieout.settings import read_settings; "
        "from tieout.wiring.desk import connected; from tieout.wiring.clock import SystemClock; "
        "settings = read_settings(environment={}, folder=Path('.')); "
        "print(connected(settings.connections[0], clock=SystemClock())._venue)"
    )
    assert "PaperVenue" in python("-c", show, folder=tmp_path, installed=installed)
