"""What the documents say and a program can check: dependencies, links, the two commands, no word of the machine it was made on."""

import json
import re
import subprocess
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
HOSTS = re.compile(r"(?:registry\.npmjs|files\.pythonhosted|pypi\.(?:org|python)|deb\.debian)", re.IGNORECASE)


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def names(requirements: Iterable[str]) -> set[str]:
    return {re.split(r"[\[<>=~!; ]", requirement, maxsplit=1)[0].lower() for requirement in requirements}


def section(title: str) -> set[str]:
    """Return the first column of the table under one heading of docs/dependencies.md."""
    text = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8")
    body = text.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| (\S+) \|(.*)\|$", body, re.MULTILINE)
    for package, rest in rows:
        assert all(cell.strip() for cell in rest.split("|")), f"docs/dependencies.md: {package} has an empty cell"
    return {package.lower() for package, _ in rows} - {"package"}


def tracked(*patterns: str) -> list[Path]:
    """Return the files that git would put into a clone."""
    listed = subprocess.run(["git", "ls-files", "-z", *patterns], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).exists()]


def test_every_dependency_on_the_box_has_its_reason_and_licence() -> None:
    assert section("On the box") == names(project()["project"]["dependencies"])


def test_every_dependency_of_a_national_server_has_its_reason_and_licence() -> None:
    assert section("For a national server on PostgreSQL") == names(project()["project"]["optional-dependencies"]["national"])


def test_every_dependency_of_the_tests_has_its_reason_and_licence() -> None:
    assert section("To test") == names(project()["project"]["optional-dependencies"]["test"])


def test_every_dependency_of_the_build_has_its_reason_and_licence() -> None:
    hook = re.findall(r'^[A-Z]+ = "([a-z-]+>=.*)"$', (ROOT / "hatch_build.py").read_text(encoding="utf-8"), re.MULTILINE)
    assert section("To build") == names([*project()["build-system"]["requires"], *hook])


def test_every_script_from_npm_has_its_reason_and_licence() -> None:
    wanted = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert section("In the browser") == set(wanted)
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values()), "package.json pins exact versions"


def test_the_lock_file_says_what_and_never_from_where() -> None:
    locked = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    packages = {path: package for path, package in locked["packages"].items() if path}
    assert packages
    assert all(package["integrity"].startswith("sha512-") for package in packages.values())
    assert not [path for path, package in packages.items() if "resolved" in package]


def test_no_file_names_a_package_registry() -> None:
    found = []
    for path in tracked():
        if path != Path(__file__) and path.suffix not in {".png", ".ico", ".woff2"}:
            found += [f"{path.relative_to(ROOT)}: {hit}" for hit in HOSTS.findall(path.read_text(encoding="utf-8", errors="replace"))]
    assert not found


@pytest.mark.parametrize("path", tracked("*.md"), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_to_a_file_leads_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    targets = [target for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text) if "://" not in target]
    missing = [target for target in targets if not (path.parent / target).exists()]
    assert not missing


def test_the_readme_begins_with_a_picture_and_the_two_commands() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    picture, demo, tests = text.index("docs/pictures/centre.png"), text.index("bash deploy/demo.sh"), text.index("bash tests/run.sh")
    assert picture < demo < tests < 3000


def test_the_changelog_has_the_version_of_the_package() -> None:
    assert f"## [{project()['project']['version']}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
