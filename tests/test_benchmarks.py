"""The benchmarks run: their quick form, in both of its outputs. What they measure is not judged."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def output(*options: str) -> str:
    command = [sys.executable, "-m", "benchmarks", "--quick", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_quick_form_gives_one_json_document_with_every_part():
    told = json.loads(output("--json"))
    assert {"sync", "memory", "diff"} <= set(told)


def test_the_quick_form_gives_a_table():
    table = output("--only", "memory")
    assert "target mib: 2.00" in table
