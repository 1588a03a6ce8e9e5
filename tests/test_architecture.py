"""What `docs/architecture.md` promises and import-linter cannot see: names, sizes, and the purity of the rules."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EDGE = ROOT / "edge"
MODULES = sorted(EDGE.rglob("*.py"))
RULES = sorted((EDGE / "queueing").glob("*.py"))
PURE = {
    "bisect",
    "collections",
    "dataclasses",
    "datetime",
    "enum",
    "fractions",
    "functools",
    "hashlib",
    "heapq",
    "itertools",
    "json",
    "math",
    "operator",
    "re",
    "types",
    "typing",
}
NOW = {"now", "today", "utcnow", "fromtimestamp", "utcfromtimestamp"}
# What is imported under another name than its package has, and the parts that come with a package and are its public interface.
PACKAGES = {
    "PIL": "pillow",
    "apscheduler": "APScheduler",
    "argon2": "argon2-cffi",
    "escpos": "python-escpos",
    "paho": "paho-mqtt",
    "playhouse": "peewee",
}
PARTS = {
    "babel": "flask-babel",
    "jinja2": "flask",
    "limits": "flask-limiter",
    "markupsafe": "flask",
    "pydantic_core": "pydantic",
    "werkzeug": "flask",
}
FORBIDDEN_NAMES = re.compile(r"utils?|common|helpers?|manager|base|misc", re.IGNORECASE)
SAID = ("cutoff", "estimate", "expectation", "projection")  # what is said to visitors, never part of the state: fractions are welcome
LONG = 300  # lines; a longer module explains itself with a line "Long because …" in its docstring
ONE_MINUTE = 120  # lines; what an engineer reads in a minute to know who is called next


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_what_is_imported_is_declared_and_what_is_declared_is_imported() -> None:
    tops = {module.split(".")[0] for path in MODULES for module in imported(tree(path))} - {"edge", ""} - sys.stdlib_module_names
    packages = PACKAGES | PARTS
    found = {packages.get(top, top.replace("_", "-")).lower() for top in tops}
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    assert found == {re.split(r"[<>=~!;]", requirement, maxsplit=1)[0].lower() for requirement in declared}


@pytest.mark.parametrize("path", RULES, ids=name)
def test_the_rules_import_only_what_is_pure(path: Path) -> None:
    outside = {module for module in imported(tree(path)) if not module.startswith(("edge.queueing", "edge.errors"))}
    assert {module.split(".")[0] for module in outside} <= PURE


@pytest.mark.parametrize("path", RULES, ids=name)
def test_the_rules_never_ask_what_time_it_is(path: Path) -> None:
    calls = [node.func.attr for node in ast.walk(tree(path)) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    assert not NOW & set(calls)


@pytest.mark.parametrize("path", [path for path in RULES if path.stem not in SAID], ids=name)
def test_the_rules_count_in_integers(path: Path) -> None:
    module = tree(path)
    assert not [node.value for node in ast.walk(module) if isinstance(node, ast.Constant) and isinstance(node.value, float)]
    assert not [ast.unparse(node) for node in ast.walk(module) if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)]


def test_no_module_is_a_heap() -> None:
    assert not [name(path) for path in MODULES if FORBIDDEN_NAMES.fullmatch(path.stem)]


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_every_module_says_its_purpose(path: Path) -> None:
    assert ast.get_docstring(tree(path))


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_long_module_explains_itself(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= LONG or "Long because" in (ast.get_docstring(tree(path)) or ""), f"{lines} lines"


def test_who_is_called_next_is_read_in_a_minute_in_one_file() -> None:
    rule = EDGE / "queueing/ordering.py"
    assert len(rule.read_text(encoding="utf-8").splitlines()) <= ONE_MINUTE
    assert {module for module in imported(tree(rule)) if module.startswith("edge.")} == {
        f"edge.queueing.{part}" for part in ("desk", "policy", "ticket")
    }


@pytest.mark.parametrize("path", sorted((EDGE / "sync/reference").glob("*.py")), ids=name)
def test_the_national_server_takes_of_the_edge_the_chain_alone(path: Path) -> None:
    ours = {module for module in imported(tree(path)) if module.startswith("edge") and not module.startswith("edge.sync.reference")}
    assert ours <= {"edge.queueing.chain"}


def test_every_room_is_described() -> None:
    described = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    rooms = {path.name for path in EDGE.iterdir() if (path / "__init__.py").exists()} - {"samples"}
    assert {room for room in rooms if f"`edge/{room}" not in described} == set()
