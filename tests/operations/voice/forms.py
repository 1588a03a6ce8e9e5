"""Every form that is said aloud, as the tables of `docs/voice.md`: `python -m tests.operations.voice.forms` writes them anew between its marks.

A person who speaks the language reads them there; what they find is corrected in `edge/operations/voice`, and the document follows.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from edge.operations.voice import phrases
from edge.operations.voice.numerals import CARDINALS, ORDINALS
from edge.queueing.policy import LANGS

DOCUMENT = Path(__file__).parents[3] / "docs/voice.md"
BEGIN, END = "<!-- forms: made from the code -->\n", "<!-- forms: end -->\n"
NAMES = {"ky": "Kyrgyz", "ru": "Russian", "kk": "Kazakh", "en": "English"}
SAMPLES = (
    ("A007", "1"),
    ("E012", "7"),
    ("K045", "12"),
    ("M180", "20"),
    ("T314", "28"),
    ("MA599", "36"),
    ("KA999", "60"),
    ("A1000", "12a"),
    ("A001", "info"),
)


def tables() -> str:
    """Return all tables as Markdown."""
    return "".join(line + "\n" for line in _lines())


def _lines() -> Iterator[str]:
    yield from ("", "### Whole announcements", "")
    for lang in LANGS:
        rows = [(ticket, desk, f"{phrases.number(lang, ticket).text} {phrases.desk(lang, desk).text}") for ticket, desk in SAMPLES]
        yield from (f"**{NAMES[lang]}**", "", *_table(("ticket", "desk", "said"), rows), "")
    yield from ("### Words", "", "`ticket`, `to-desk`, `look`: the names of the recordings.", "")
    words = [(name, *(phrases.vocabulary(lang)[name] for lang in LANGS)) for name in ("ticket", "to-desk", "look")]
    yield from (*_table(("recording", *LANGS), words), "")
    yield from ("### Letters", "")
    letters = [(f"`letter-{letter.lower()}`", letter, *(phrases.LETTERS[lang][letter] for lang in LANGS)) for letter in phrases.LETTERS["ru"]]
    yield from (*_table(("recording", "letter", *LANGS), letters), "")
    yield from ("### Numbers", "", "Each is one recording; what lies between is said with several: 157 is 100, 50, 7.", "")
    numbers = [(f"`{value}`", *(CARDINALS[lang][value] for lang in LANGS)) for value in CARDINALS["ru"]]
    yield from (*_table(("recording", *LANGS), numbers), "")
    yield from ("### Ordinals", "", "For desks in Kyrgyz and Kazakh; only the last word takes the ending.", "")
    ordinals = [(f"`{value}-ordinal`", *(ORDINALS[lang][value] for lang in ORDINALS)) for value in CARDINALS["ru"] if value]
    yield from (*_table(("recording", *ORDINALS), ordinals), "")
    yield from ("### Desks 1 to 60", "")
    desks = [(str(number), *(phrases.desk(lang, str(number)).text for lang in LANGS)) for number in range(1, 61)]
    yield from (*_table(("desk", *LANGS), desks), "")
    for lang in LANGS:
        yield from (f"### Numbers 1 to 99 in {NAMES[lang]}", "")
        said = [phrases.number(lang, f"A{number:03}").text.partition(", ")[2][:-1] for number in range(1, 100)]
        yield from (*_table(("", *map(str, range(10))), [(f"{tens}_", *(["", *said][tens * 10 : tens * 10 + 10])) for tens in range(10)]), "")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    for row in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(row)} |"


if __name__ == "__main__":
    text = DOCUMENT.read_text(encoding="utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    DOCUMENT.write_text(before + BEGIN + tables() + END + after, encoding="utf-8")
