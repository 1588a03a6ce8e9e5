"""The folder of third-party files: made again when the lock file, the recipe or a file in it changed, and only then."""

import json
import shutil
from pathlib import Path

import pytest

import hatch_build
from hatch_build import Vendor

ROOT = Path(__file__).parents[2]


@pytest.fixture
def vendor(tmp_path: Path) -> Vendor:
    """A copy of what the last build brought, with its lock file."""
    shutil.copy(ROOT / "package-lock.json", tmp_path)
    shutil.copytree(ROOT / "edge/web/static/vendor", tmp_path / "vendor")
    return Vendor(tmp_path, tmp_path / "vendor")


def test_what_was_brought_by_todays_lock_file_and_recipe_is_current(vendor: Vendor) -> None:
    assert vendor.is_current()


def test_another_lock_file_makes_it_old(vendor: Vendor) -> None:
    with (vendor.root / "package-lock.json").open("a", encoding="utf-8") as file:
        file.write("\n")
    assert not vendor.is_current()


def test_other_letters_make_it_old(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hatch_build, "FEATURES", ("kern",))
    assert not vendor.is_current()


@pytest.mark.parametrize("name", sorted(asset.name for asset in hatch_build.ASSETS))
def test_a_changed_or_missing_file_makes_it_old(vendor: Vendor, name: str) -> None:
    with (vendor.folder / name).open("ab") as file:
        file.write(b" ")
    assert not vendor.is_current()
    (vendor.folder / name).unlink()
    assert not vendor.is_current()


def test_the_manifest_says_licence_and_version_of_each_file(vendor: Vendor) -> None:
    described = json.loads(vendor.manifest.read_text(encoding="utf-8"))["assets"]
    assert {each["file"] for each in described} == {asset.name for asset in hatch_build.ASSETS}
    assert all(each["licence"] and each["version"] for each in described)
