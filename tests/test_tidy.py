"""The sizes of CONTRIBUTING.md, what the core may not touch, and what no file may contain.

Complexity (at most 10) is ruff's C901. A limit is raised for one place, with the reason, in
ALLOWED; everything else is changed until it fits.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
CORE = "src/tieout/core/"

MODULE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60
NESTING_MAX = 3
LINE_COLUMNS_MAX = 100

# "path" or "path::function", and what is too much there: the reason.
ALLOWED: dict[tuple[str, str], str] = {}

NESTING = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.Match)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
Function = ast.FunctionDef | ast.AsyncFunctionDef

CLOCKS = {"now", "utcnow", "today", "time", "time_ns", "monotonic", "perf_counter"}
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME)\b")
REGISTRY = re.compile(
    r"pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|yarnpkg\.com|anaconda\.org"
    r"|(?:index[-_]url|find[-_]links)\W{1,4}(?:https?|file):"
)
MACHINE_PATH = re.compile(r"(?<![\w.)}*-])/(?:home|root|Users|work|opt|tmp|mnt)/[\w.]")
NOT_OURS = {".git", ".venv", ".tools", "mutants", "dist", "build", "htmlcov", "__pycache__"}


def kept_files() -> list[str]:
    """Every file that is or would be committed, as a path from the root."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listing.returncode == 0:
        return sorted(name for name in listing.stdout.splitlines() if (ROOT / name).is_file())
    files = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    return sorted(str(path) for path in files if is_ours(path))


def is_ours(path: Path) -> bool:
    """Without git to ask: leave out what is made by tools."""
    return not any(part in NOT_OURS or part.endswith("_cache") for part in path.parts)


def text_of(name: str) -> str:
    """The text of a file; nothing for one that is not text."""
    try:
        return (ROOT / name).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


FILES = kept_files()
MODULES = [name for name in FILES if name.endswith(".py")]
CORE_MODULES = [name for name in MODULES if name.startswith(CORE)]
TREES = {name: ast.parse(text_of(name), name) for name in MODULES}


def functions() -> Iterator[tuple[str, Function]]:
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, FUNCTIONS):
                yield f"{name}::{node.name}", node


def nesting(node: ast.AST) -> int:
    """Levels of blocks inside a node; an `elif` is no level, a function within starts anew."""
    deepest = 0
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (*FUNCTIONS, ast.ClassDef)):
            continue
        is_elif = isinstance(node, ast.If) and isinstance(child, ast.If) and [child] == node.orelse
        level = 1 if isinstance(child, NESTING) and not is_elif else 0
        deepest = max(deepest, level + nesting(child))
    return deepest


def calls(tree: ast.AST) -> Iterator[str]:
    """The last name of every call: `float` of float(x), `now` of datetime.now()."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called)):
                yield called
            case _:
                pass


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module
            case _:
                pass


def lines_matching(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()[:80]}"
        for name in FILES
        for number, line in enumerate(text_of(name).splitlines(), start=1)
        if pattern.search(line)
    ]


def refuse(what: str, found: dict[str, object]) -> None:
    """Fail with every place found, unless ALLOWED names it."""
    places = {place: fact for place, fact in found.items() if (place, what) not in ALLOWED}
    assert not places, what


def test_a_module_fits_in_the_head():
    sizes = {name: text_of(name).count("\n") for name in MODULES}
    refuse("module lines", {name: n for name, n in sizes.items() if n > MODULE_LINES_MAX})


def test_a_function_fits_on_the_screen():
    sizes = {place: (node.end_lineno or 0) - node.lineno + 1 for place, node in functions()}
    refuse("function lines", {place: n for place, n in sizes.items() if n > FUNCTION_LINES_MAX})


def test_nothing_waits_in_a_way_that_forgets_a_cancellation():
    """Python 3.11's `asyncio.wait_for` does where it comes with a result; `timeout` does not."""
    waiting = re.compile(r"\basyncio\.wait_for\b|\bfrom asyncio import\b.*\bwait_for\b")
    found = [place for place in lines_matching(waiting) if place.startswith("src/")]
    assert not found, "use asyncio.timeout"


def test_blocks_are_not_nested_deeply():
    levels = {place: nesting(node) for place, node in functions()}
    refuse("nesting", {place: n for place, n in levels.items() if n > NESTING_MAX})


def test_a_line_is_at_most_100_columns():
    widths = {name: max(map(len, text_of(name).splitlines()), default=0) for name in MODULES}
    refuse("line columns", {name: n for name, n in widths.items() if n > LINE_COLUMNS_MAX})


def test_complexity_is_only_raised_here():
    raised = re.compile(r"noqa:[\w, ]*C901")
    refuse("complexity", {name: True for name in MODULES if raised.search(text_of(name))})


def test_no_float_is_made_in_the_core():
    refuse("float", {name: True for name in CORE_MODULES if "float" in calls(TREES[name])})


def test_the_core_reads_no_clock():
    read = {name: CLOCKS & set(calls(TREES[name])) for name in CORE_MODULES}
    refuse("clock", {name: clocks for name, clocks in read.items() if clocks})


def test_the_core_imports_only_itself_and_the_standard_library():
    own = sys.stdlib_module_names | {"tieout"}
    foreign = {
        name: module
        for name in CORE_MODULES
        for module in imported(TREES[name])
        if module.split(".")[0] not in own or re.match(r"tieout(?!\.core\b)", module)
    }
    refuse("import", foreign)


def test_nothing_is_left_unfinished():
    assert lines_matching(UNFINISHED) == []


def test_no_file_names_a_package_registry():
    assert lines_matching(REGISTRY) == []


def test_no_file_names_a_path_of_one_machine():
    assert lines_matching(MACHINE_PATH) == []


def test_locked_requirements_have_hashes_and_no_address():
    for name in ("requirements/dev.txt", "requirements/tools.txt"):
        text = text_of(name)
        assert "://" not in text, name
        locked = re.split(r"\n(?=\S)", text.strip())
        assert locked, name
        assert [entry for entry in locked if "==" not in entry or "--hash=" not in entry] == []


def test_an_exception_has_a_place_and_a_reason():
    known = {*MODULES, *(place for place, _ in functions())}
    for (place, what), reason in ALLOWED.items():
        assert place in known, f"{place}: gone, so its exception ({what}) can go"
        assert reason, place
