"""`tieout diff` beside DuckDB's own reading and join of the same files, in the same run.

Each measurement is a process of its own, so that its peak memory is its own too; the clock runs
after the imports. The kinds take turns, so that a slow minute of the machine is shared by all.
"""

import io
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

SEED = 20261120
TURNS = 5
ENGINES = ("duckdb", "plain")
BOUND = "bound"

COLUMNS = ("account", "symbol", "quantity", "average_price")
DIFFERS_EVERY = 1000


def run(rows: int = 1_000_000) -> dict[str, Any]:
    """Median seconds, ratios to the bound, and peak memory; two files of `rows` rows."""
    samples: dict[str, list[dict[str, float]]] = {kind: [] for kind in (BOUND, *ENGINES)}
    with tempfile.TemporaryDirectory(prefix="tieout-bench-") as made:
        folder = Path(made)
        # In a process of its own: a child is never charged less than its parent had at the fork.
        ask("files", str(folder), str(rows))
        for _ in range(TURNS):
            for kind, taken in samples.items():
                taken.append(json.loads(ask("measure", str(folder), kind)))
    differing = {int(sample["differing"]) for taken in samples.values() for sample in taken}
    assert len(differing) == 1, f"they do not find the same: {differing}"
    return {
        "rows": rows,
        "differing": differing.pop(),
        "seconds": {kind: median(taken, "seconds") for kind, taken in samples.items()},
        "ratios": {kind: ratio(samples, kind, "seconds") for kind in ENGINES},
        "processor_ratios": {kind: ratio(samples, kind, "processor_s") for kind in ENGINES},
        "target": {"duckdb": 2.0},
        "peak_mib": {
            kind: max(sample["peak_mib"] for sample in taken) for kind, taken in samples.items()
        },
    }


def median(taken: list[dict[str, float]], what: str) -> float:
    return round(statistics.median(sample[what] for sample in taken), 3)


def ratio(samples: dict[str, list[dict[str, float]]], kind: str, what: str) -> float:
    """How many times the bound: the middle one of neighbours in time."""
    pairs = zip(samples[kind], samples[BOUND], strict=True)
    return round(statistics.median(ours[what] / bound[what] for ours, bound in pairs), 2)


def write_files(folder: Path, rows: int) -> None:
    """Our file, and theirs in another order, with a difference here and there."""
    chance = random.Random(SEED)

    def figure() -> str:
        return f"{chance.randrange(10**6)}.{chance.randrange(10**18):018d}"

    book = [(f"acc{at % 100:03d}", f"SYM{at:07d}", figure(), figure()) for at in range(rows)]
    write_csv(folder / "ours.csv", book)
    chance.shuffle(book)
    for at in range(0, rows - 3, DIFFERS_EVERY):
        account, symbol, _, price = book[at]
        book[at] = (account, symbol, figure(), price)
        account, symbol, quantity, _ = book[at + 1]
        book[at + 1] = (account, symbol, quantity, figure())
        book[at + 2] = ("acc000", f"NEW{at:07d}", figure(), figure())
    write_csv(folder / "theirs.csv", book)


def write_csv(path: Path, rows: list[tuple[str, str, str, str]]) -> None:
    with path.open("w", encoding="utf-8") as text:
        text.write(",".join(COLUMNS) + "\n")
        text.writelines(",".join(row) + "\n" for row in rows)


def ask(what: str, *arguments: str) -> str:
    """What this module answers in a process of its own."""
    command = [sys.executable, __file__, what, *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def measure(kind: str, folder: Path) -> dict[str, float]:
    """Seconds, peak memory and what was found, of this process."""
    work = prepared_bound(folder) if kind == BOUND else prepared_diff(kind, folder)
    began, processor_before = perf_counter(), process_time()
    differing = work()
    seconds, processor_s = perf_counter() - began, process_time() - processor_before
    # KiB on Linux, bytes on macOS.
    unit = 1024 if sys.platform != "darwin" else 1024 * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit
    return {
        "seconds": seconds,
        "processor_s": processor_s,
        "peak_mib": peak,
        "differing": differing,
    }


def prepared_bound(folder: Path) -> Callable[[], int]:
    """DuckDB alone: both files read as text and decimals, joined, the differing rows counted."""
    import duckdb

    types = (
        "{'account': 'VARCHAR', 'symbol': 'VARCHAR', "
        "'quantity': 'DECIMAL(38,18)', 'average_price': 'DECIMAL(38,18)'}"
    )

    def read(name: str) -> str:
        return f"read_csv('{folder / name}', header=true, delim=',', columns={types})"

    sql = (
        f"SELECT count(*) FROM {read('ours.csv')} AS o FULL JOIN {read('theirs.csv')} AS t "
        "USING (account, symbol) WHERE o.quantity IS DISTINCT FROM t.quantity "
        "OR o.average_price IS DISTINCT FROM t.average_price"
    )

    def work() -> int:
        connection = duckdb.connect(
            config={"threads": os.cpu_count() or 1, "preserve_insertion_order": False}
        )
        row = connection.execute(sql).fetchone()
        assert row is not None
        return int(row[0])

    return work


def prepared_diff(engine: str, folder: Path) -> Callable[[], int]:
    """The whole of `tieout diff --json` but for the terminal."""
    from tieout.bulk import tie_out_files, write_json

    if engine == "duckdb":
        import duckdb  # noqa: F401  (imported before the clock runs, as for the bound)

    def work() -> int:
        names = (str(folder / "ours.csv"), str(folder / "theirs.csv"))
        statement = tie_out_files(*names, engine=engine)
        write_json(statement, io.StringIO())
        return sum(statement.counts.values())

    return work


def main() -> None:
    match sys.argv[1:]:
        case ["files", folder, rows]:
            write_files(Path(folder), int(rows))
        case ["measure", folder, kind]:
            print(json.dumps(measure(kind, Path(folder))))
        case _:
            print(json.dumps(run(), indent=2))


if __name__ == "__main__":
    main()
