"""The ticket as it comes out, in four languages: golden pictures, letters that no code page has, a large number, a code that leads home."""

import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
import segno
from PIL import Image, ImageChops

from edge.devices.printing import picture
from edge.devices.printing.cable import Cable
from edge.devices.printing.dialogue import PIECE_ROWS, Dialogue
from edge.devices.printing.picture import DOTS, MODULE, Face
from edge.devices.printing.words import WORDS
from edge.operations.lettering import Fonts
from edge.queueing.policy import LANGS
from tests.pictures.situations import LONG_CATEGORY, LONG_CENTRE, LONG_SERVICE

GOLDEN = Path(__file__).parent / "golden"
ARTEFACTS = Path(__file__).parents[3] / ".artefacts" / "paper"
DOTS_A_MM = 203 / 25.4
ADDRESS = "http://10.0.0.1:8090/t/AZNrLnwAcACAAAAAAAAAoeAB12cd34ef56ab12cd"
DOCUMENTS = {
    "ky": ("Паспорт же туулгандыгы тууралуу күбөлүк", "Төлөм дүмүрчөгү"),
    "ru": ("Паспорт или свидетельство о рождении", "Квитанция об оплате"),  # noqa: RUF001
    "kk": ("Төлқұжат немесе туу туралы куәлік", "Төлем түбіртегі"),
    "en": ("Passport or birth certificate", "Receipt of the payment"),
}


def face(lang: str, copy: int = 0) -> Face:
    return Face(
        lang=lang,
        centre=LONG_CENTRE[lang],
        number="A007",
        service=LONG_SERVICE[lang],
        taken="29.11.2026 10:02",
        head="1/1234 ab12cd34ef56",
        category=LONG_CATEGORY[lang],
        times="10:15–10:35",  # noqa: RUF001
        promise="standby",
        documents=DOCUMENTS[lang],
        address=ADDRESS,
        copy=copy,
    )


def glyph(letter: str) -> bytes:
    """Return how one letter is drawn."""
    image = Image.new("1", (60, 60), 1)
    draw = picture._Paper()._draw
    draw = type(draw)(image)
    Fonts().draw(draw, letter, (10, 0), 40, 400)
    return image.tobytes()


@pytest.mark.parametrize("lang", LANGS)
def test_a_ticket_looks_as_it_was_agreed(lang: str) -> None:
    """Looked at by people; what is drawn now lies in .artefacts/paper, to be copied over the golden picture when it is meant."""
    drawn = picture.ticket(face(lang, copy=1 if lang == "kk" else 0))
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    drawn.save(ARTEFACTS / f"{lang}.png")
    with Image.open(GOLDEN / f"{lang}.png") as golden:
        agreed = golden.convert("1")
    assert agreed.size == drawn.size
    differing = ImageChops.logical_xor(agreed, drawn).histogram()[255]
    assert differing <= 0.002 * drawn.width * drawn.height  # another FreeType may place a dot elsewhere, not a letter


@pytest.mark.parametrize("letter", [each for each in picture.LETTERS if each != " "])
def test_each_letter_is_its_own_and_no_box(letter: str) -> None:
    tofu, plain = glyph("\uffff"), {"Ң": "Н", "Ү": "У", "Ө": "О", "ң": "н", "ү": "у", "ө": "о", "Қ": "К", "Ғ": "Г"}  # noqa: RUF001
    assert glyph(letter) not in (tofu, glyph("?"), glyph(" "))
    assert letter not in plain or glyph(letter) != glyph(plain[letter])


@pytest.mark.parametrize("number", ["A007", "AB0123", "M999"])
def test_the_number_is_at_least_a_centimetre_high(number: str) -> None:
    bare = Face("ru", "", number, "", "", "")
    without = Face("ru", "", "", "", "", "")
    strip = ImageChops.logical_xor(*(picture.ticket(each).crop((0, 0, DOTS, 260)) for each in (bare, without)))
    box = strip.crop((0, 0, DOTS, 240)).getbbox()
    assert box
    assert (box[3] - box[1]) / DOTS_A_MM >= 10, box


def test_the_code_leads_to_the_visitors_page() -> None:
    """Module by module what ISO/IEC 18004 makes of the address, with its quiet zone."""
    drawn = picture.ticket(face("en"))
    matrix = [bytes(row) for row in segno.make_qr(ADDRESS, error="m", boost_error=False).matrix_iter(border=4)]
    side, left = len(matrix), (DOTS - len(matrix) * MODULE) // 2

    def is_here(top: int) -> bool:
        middles = [(left + MODULE * x + 3, top + MODULE * y + 3) for y in range(side) for x in range(side)]
        return all((drawn.getpixel(place) == 0) == bool(matrix[n // side][n % side]) for n, place in enumerate(middles))

    assert any(is_here(top) for top in range(drawn.height - side * MODULE))


def test_the_four_languages_say_the_same_things_in_their_own_letters() -> None:
    assert set(WORDS) == set(LANGS)
    for lang, words in WORDS.items():
        assert set(words.promises) == {"standby", "none"}
        said = f"{words.category}{words.turn}{words.bring}{words.follow}{words.remember}{words.copy}".replace("{name}", "").replace("{times}", "")
        letters = {unicodedata.name(letter).split()[0] for letter in said.replace("{number}", "") if letter.isalpha()}
        assert letters == {"LATIN" if lang == "en" else "CYRILLIC"}


def test_a_ticket_without_a_page_for_phones_says_to_keep_it_and_has_no_code() -> None:
    bare = picture.ticket(Face("ky", "Борбор", "A007", "Паспорт", "10:02", "1/1 ab"))
    assert bare.height < picture.ticket(Face("ky", "Борбор", "A007", "Паспорт", "10:02", "1/1 ab", address=ADDRESS)).height - 200


class Heard(Dialogue):
    """What would go to the printer, command by command."""

    def __init__(self) -> None:
        super().__init__(Cable(-1))
        self.said: list[bytes] = []

    def _raw(self, msg: bytes) -> None:
        self.said.append(msg)


def test_a_picture_goes_to_the_printer_in_pieces_that_add_up_to_it() -> None:
    """Epson's reference: ESC @, then GS v 0 for each piece, ESC d, and GS V with the way to the knife."""
    drawn, heard = picture.ticket(face("ru")), Heard()
    heard.print_out(drawn, within_s=1)
    start, *pieces, feed, cut = heard.said
    assert (start, feed, cut) == (b"\x1b@", b"\x1bd\x04", b"\x1dV\x42\x00")
    for piece in pieces:
        rows = (len(piece) - 8) * 8 // DOTS
        assert piece[:8] == b"\x1dv0\x00" + (DOTS // 8).to_bytes(2, "little") + rows.to_bytes(2, "little")
        assert rows <= PIECE_ROWS
    dots = b"".join(piece[8:] for piece in pieces)
    assert Image.frombytes("1", drawn.size, bytes(255 - byte for byte in dots)).tobytes() == drawn.tobytes()


LOADED = """
import sys
from pathlib import Path
import edge.devices.printing.worker
assert "escpos" not in sys.modules, "a box without a printer pays for one"
made = []
sys.addaudithook(lambda what, about: made.append(about[0]) if what in ("tempfile.mkdtemp", "os.mkdir") else None)
import edge.devices.printing.dialogue
assert "escpos" in sys.modules
folders = [Path(folder) for folder in made]
assert folders
assert all(folder.is_relative_to("/dev/shm") and not folder.exists() for folder in folders), "a full disk would keep tickets from being printed"
"""


def test_the_library_is_loaded_by_who_prints_says_nothing_and_leaves_nothing(tmp_path: Path) -> None:
    """By itself it would leave a folder on the disk at each start."""
    loading = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=False, env={**os.environ, "TMPDIR": str(tmp_path)})
    assert (loading.returncode, loading.stdout, loading.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


def test_printing_says_nothing_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    Heard().print_out(picture.ticket(face("ky")), within_s=1)
    assert capsys.readouterr().out == ""
