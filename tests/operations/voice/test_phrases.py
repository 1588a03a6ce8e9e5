"""What is said, as text: the forms of four languages, read here by people and in `docs/voice.md` by people who speak them."""

import re

import pytest

from edge.operations.voice import phrases
from edge.operations.voice.numerals import CARDINALS, LARGEST, pieces
from edge.operations.voice.phrases import Phrase
from edge.queueing.policy import LANGS
from tests.operations.voice import forms

ALPHABET = {
    "ky": "абвгдеёжзийклмнңоөпрстуүфхцчшщъыьэюя",
    "kk": "аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя",
    "ru": "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
}


def said(lang: str, ticket: str, desk: str) -> str:
    return f"{phrases.number(lang, ticket).text} {phrases.desk(lang, desk).text}"


@pytest.mark.parametrize(
    ("lang", "ticket", "desk", "expected"),
    [
        ("ky", "A157", "5", "Талон а, жүз элүү жети. Бешинчи терезеге келиңиз."),
        ("ky", "M021", "21", "Талон эм, жыйырма бир. Жыйырма биринчи терезеге келиңиз."),
        ("ky", "T300", "60", "Талон тэ, үч жүз. Алтымышынчы терезеге келиңиз."),
        ("ru", "A157", "5", "Талон а, сто пятьдесят семь. Пройдите к окну номер пять."),
        ("ru", "KA012", "40", "Талон ка а, двенадцать. Пройдите к окну номер сорок."),
        ("ru", "E2001", "11", "Талон е, две тысячи один. Пройдите к окну номер одиннадцать."),
        ("kk", "A157", "5", "Талон а, жүз елу жеті. Бесінші терезеге келіңіз."),
        ("kk", "T086", "36", "Талон тэ, сексен алты. Отыз алтыншы терезеге келіңіз."),
        ("en", "A157", "5", "Ticket ay, one hundred fifty seven. Please go to desk five."),
        ("en", "MA009", "12", "Ticket em ay, nine. Please go to desk twelve."),
    ],
)
def test_a_call_is_said_as_people_say_it(lang: str, ticket: str, desk: str, expected: str) -> None:
    assert said(lang, ticket, desk) == expected


def test_every_number_is_the_sum_of_its_pieces_and_each_piece_has_a_word() -> None:
    for number in range(LARGEST + 1):
        assert sum(pieces(number)) == number
        assert all(piece in CARDINALS["ky"] for piece in pieces(number))


@pytest.mark.parametrize("number", [-1, LARGEST + 1])
def test_a_number_that_no_ticket_has_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match=str(number)):
        pieces(number)


@pytest.mark.parametrize("lang", LANGS)
def test_no_two_numbers_and_no_two_letters_sound_the_same(lang: str) -> None:
    texts = {phrases.number(lang, f"{letter}{number:03}").text for letter in "AEKMT" for number in range(1, 1000)}
    assert len(texts) == 5 * 999
    assert len({phrases.desk(lang, str(desk)).text for desk in range(1, 61)}) == 60
    assert len(set(phrases.LETTERS[lang].values())) == 26


@pytest.mark.parametrize("lang", LANGS)
def test_every_word_has_a_recording_of_its_name_that_says_the_same(lang: str) -> None:
    known = phrases.vocabulary(lang)

    def hold(phrase: Phrase) -> None:
        assert all(known[word.clip] == word.text for word in phrase.words)

    for number in (*range(1, 1000, 7), 1000, 9999):
        hold(phrases.number(lang, f"A{number:03}"))
    for letter in phrases.LETTERS[lang]:
        hold(phrases.number(lang, f"{letter}{letter}001"))
    for desk in (*map(str, range(1, 61)), "12a", "b-3", "999", "info", "0"):
        hold(phrases.desk(lang, desk))


@pytest.mark.parametrize("lang", ALPHABET)
def test_a_language_is_written_in_its_own_letters(lang: str) -> None:
    """A Latin a among Cyrillic ones is read aloud as a foreign word."""
    letters = set(re.sub(r"[ ,.]", "", "".join(phrases.vocabulary(lang).values())))
    assert letters <= set(ALPHABET[lang])


@pytest.mark.parametrize(
    ("desk", "ru", "ky"),
    [
        ("12a", "Пройдите к окну номер двенадцать а.", "Он эки а, терезеге келиңиз."),
        ("b-3", "Пройдите к окну номер бэ, три.", "Бэ, үч терезеге келиңиз."),
        ("info", "Смотрите на табло.", "Таблону караңыз."),
        ("1-2", "Смотрите на табло.", "Таблону караңыз."),
        ("99999", "Смотрите на табло.", "Таблону караңыз."),
    ],
)
def test_a_desk_that_is_no_number_is_spelled_and_a_long_name_is_left_to_the_board(desk: str, ru: str, ky: str) -> None:
    assert phrases.desk("ru", desk).text == ru
    assert phrases.desk("ky", desk).text == ky


def test_the_document_for_native_speakers_has_the_forms_of_the_code() -> None:
    text = forms.DOCUMENT.read_text(encoding="utf-8")
    told = text.split(forms.BEGIN)[1].split(forms.END)[0]
    assert told == forms.tables(), "python -m tests.operations.voice.forms writes them anew"
