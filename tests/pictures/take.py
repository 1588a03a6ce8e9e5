"""`bash tests/long.sh pictures [NAME…]`: a picture of every screen and state, in four languages and three contrasts, and a sheet of each.

Pictures go to `.artefacts/pictures/<scene>/<language>-<theme>.png`, sheets to `.artefacts/pictures/<scene>.png`. Every picture is judged on the
way: axe at WCAG 2.2 AA, nothing clipped, overlapping, untranslated or missing in the font. What is found is printed; then the exit status is 1.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tests.browser.browsing import ARGUMENTS, CHROMIUM
from tests.pictures.national_scenes import OPTIONS
from tests.pictures.scenes import SCENES
from tests.pictures.stage import LANGS, Stage, staged
from tests.pictures.visit import THEMES, Scene, Situation, Variant, shown, wear
from tests.sampling import EVERYTHING

PICTURES = Path(".artefacts/pictures")
SHEET_CELL = 460  # pixels of the longer side of one picture on a sheet
ALL = tuple(Variant(lang, theme) for lang in LANGS for theme in THEMES)


def by_situation(scenes: Iterable[Scene]) -> dict[Situation, list[Scene]]:
    """Put scenes together that need the same situation, so that each is arranged once."""
    found: dict[Situation, list[Scene]] = {}
    for scene in scenes:
        found.setdefault(scene.situation, []).append(scene)
    return found


@contextmanager
def arranged(scenes: Sequence[Scene]) -> Iterator[Stage]:
    """Serve a fresh centre in the situation that all of ``scenes`` need."""
    with tempfile.TemporaryDirectory() as data, staged(Path(data), OPTIONS.get(scenes[0].situation)) as stage:
        scenes[0].situation(stage)
        yield stage


def take(browser: Browser, stage: Stage, scene: Scene, variants: Iterable[Variant], folder: Path) -> list[str]:
    """Take one scene in ``variants``; a page is opened once for each language, and then only changes its theme. Returns what is wrong with it."""
    found = []
    for lang, group in groupby(variants, key=lambda variant: variant.lang):
        with shown(browser, stage, scene, lang) as page:
            for place, variant in enumerate(group):
                wear(page, variant.theme)
                target = folder / scene.name / f"{variant}.png"
                target.parent.mkdir(parents=True, exist_ok=True)
                page.screenshot(path=str(target), full_page=scene.whole)
                found += [f"{scene.name} {variant}: {fault}" for fault in scene.judge(page, variant, anew=place == 0)]
    return found


def faults(browser: Browser, scenes: Sequence[Scene]) -> list[str]:
    """Take the first and each eighth of ``scenes``, which share a situation, in the language and theme that are its turn, none `again`.

    Returns what is wrong. `bash tests/long.sh everything` takes each, `pictures` each in all languages and themes.
    """
    ones = [scene for scene in scenes if not scene.again]
    with arranged(scenes) as stage:
        turns = ((scene, ALL[SCENES.index(scene) % len(ALL)]) for scene in (ones if EVERYTHING else ones[::8]))
        return [fault for scene, variant in turns for fault in take(browser, stage, scene, [variant], PICTURES)]


def sheet(folder: Path, scene: Scene) -> None:
    """Lay the pictures of a scene side by side: a row for each theme, a column for each language."""
    pictures = [Image.open(folder / scene.name / f"{lang}-{theme}.png") for theme in THEMES for lang in LANGS]
    tallest = max(pictures, key=lambda picture: picture.size[1])
    scale = SHEET_CELL / max(tallest.size)
    width, height = (round(side * scale) for side in tallest.size)
    whole = Image.new("RGB", (len(LANGS) * (width + 8), len(THEMES) * (height + 8)), "#808080")
    for place, each in enumerate(pictures):
        corner = (place % len(LANGS) * (width + 8) + 4, place // len(LANGS) * (height + 8) + 4)
        whole.paste(each.convert("RGB").resize((width, round(each.size[1] * scale)), Image.Resampling.LANCZOS), corner)
    whole.save(folder / f"{scene.name}.png")


def album(wanted: Sequence[Scene], folder: Path) -> list[str]:
    """Take ``wanted`` in all languages and themes, with a sheet and a list of faults beside it. Returns what is wrong."""
    wrong: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        for scenes in by_situation(wanted).values():
            with arranged(scenes) as stage:
                for scene in scenes:
                    found = take(browser, stage, scene, ALL, folder)
                    sheet(folder, scene)
                    _list(folder, scene).write_text("".join(f"{fault}\n" for fault in found), encoding="utf-8")
                    print(scene.name, *(f"  FAULT {fault}" for fault in found), sep="\n", flush=True)
                    wrong += found
        browser.close()
    return wrong


def main(arguments: Sequence[str] | None = None) -> int:
    """Take pictures; exit status 1 when one of them has a fault."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", help="beginnings of scenes' names; all if none is given")
    parser.add_argument("--resume", action="store_true", help="go on with what an earlier run left out")
    parser.add_argument("--jobs", type=int, default=1, help="processes at once")
    parser.add_argument("--exactly", action="store_true", help="names are whole names")
    given = parser.parse_args(arguments)
    wanted = [scene for scene in SCENES if not given.names or _is_named(scene, given.names, exactly=given.exactly)]
    done = [scene for scene in wanted if given.resume and _list(PICTURES, scene).exists()]
    left = [scene for scene in wanted if scene not in done]
    wrong = _shared(left, given.jobs) if given.jobs > 1 else album(left, PICTURES)
    wrong += [fault for scene in done for fault in _list(PICTURES, scene).read_text(encoding="utf-8").splitlines()]
    print(f"{len(wanted)} scenes, {len(wanted) * len(ALL)} pictures, {len(wrong)} faults")
    return 1 if wrong else 0


def _is_named(scene: Scene, names: Sequence[str], *, exactly: bool) -> bool:
    return scene.name in names if exactly else scene.name.startswith(tuple(names))


def _shared(left: Sequence[Scene], jobs: int) -> list[str]:
    """Let ``jobs`` processes take the scenes, whole situations each; the fullest situations first."""
    shares: list[list[str]] = [[] for _ in range(jobs)]
    for scenes in sorted(by_situation(left).values(), key=len, reverse=True):
        min(shares, key=len).extend(scene.name for scene in scenes)
    running = [subprocess.Popen([sys.executable, "-m", "tests.pictures.take", "--exactly", *share]) for share in shares if share]
    for process in running:
        process.wait()
    return [fault for scene in left for fault in _list(PICTURES, scene).read_text(encoding="utf-8").splitlines()]


def _list(folder: Path, scene: Scene) -> Path:
    """Return where the faults of a scene are written; it is there once the scene was taken."""
    return folder / f"{scene.name}.txt"


if __name__ == "__main__":
    sys.exit(main())
