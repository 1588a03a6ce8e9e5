"""Numbers in words, 0 to 9999, in four languages: tables of our own, because an engine's digits are wrong where it matters (cases, ordinals).

A number is said in pieces, each of which is one recording: 1157 is 1000, 100, 50, 7. Eleven to nineteen are one piece. In Kyrgyz and Kazakh only the
last piece takes the ending of the ordinal. `docs/voice.md` shows every form to who speaks the language.
"""

from collections.abc import Mapping

LARGEST = 9999


def pieces(number: int) -> tuple[int, ...]:
    """Return what a number is said as, from the largest: each is a key of `CARDINALS`. ``number``: 0 to `LARGEST`."""
    if not 0 <= number <= LARGEST:
        raise ValueError(f"number {number} cannot be said: 0 to {LARGEST} can")
    rest = number % 100
    last = (rest,) if rest < 20 else (rest // 10 * 10, rest % 10)  # noqa: PLR2004 -- up to nineteen a number has a word of its own
    return tuple(filter(None, (number // 1000 * 1000, number // 100 % 10 * 100, *last))) or (0,)


def _table(zero: str, ones: str, tens: str, hundreds: str, thousands: str) -> Mapping[int, str]:
    """Put words together with what they stand for; ``ones`` to 19, and rows separated by commas."""
    rows = {1: ones, 10: tens, 100: hundreds, 1000: thousands}
    words = {0: zero}
    for step, row in rows.items():
        first = 2 if step == 10 else 1  # noqa: PLR2004 -- ten is among the ones
        words |= {place * step: word.strip() for place, word in enumerate(row.split(","), first)}
    return words


CARDINALS: Mapping[str, Mapping[int, str]] = {
    "ky": _table(
        "нөл",
        "бир, эки, үч, төрт, беш, алты, жети, сегиз, тогуз, он, он бир, он эки, он үч, он төрт, он беш, он алты, он жети, он сегиз, он тогуз",
        "жыйырма, отуз, кырк, элүү, алтымыш, жетимиш, сексен, токсон",
        "жүз, эки жүз, үч жүз, төрт жүз, беш жүз, алты жүз, жети жүз, сегиз жүз, тогуз жүз",
        "миң, эки миң, үч миң, төрт миң, беш миң, алты миң, жети миң, сегиз миң, тогуз миң",
    ),
    "ru": _table(
        "ноль",
        "один, два, три, четыре, пять, шесть, семь, восемь, девять, десять, "
        "одиннадцать, двенадцать, тринадцать, четырнадцать, пятнадцать, шестнадцать, семнадцать, восемнадцать, девятнадцать",
        "двадцать, тридцать, сорок, пятьдесят, шестьдесят, семьдесят, восемьдесят, девяносто",
        "сто, двести, триста, четыреста, пятьсот, шестьсот, семьсот, восемьсот, девятьсот",
        "тысяча, две тысячи, три тысячи, четыре тысячи, пять тысяч, шесть тысяч, семь тысяч, восемь тысяч, девять тысяч",
    ),
    "kk": _table(
        "нөл",
        "бір, екі, үш, төрт, бес, алты, жеті, сегіз, тоғыз, он, он бір, он екі, он үш, он төрт, он бес, он алты, он жеті, он сегіз, он тоғыз",
        "жиырма, отыз, қырық, елу, алпыс, жетпіс, сексен, тоқсан",
        "жүз, екі жүз, үш жүз, төрт жүз, бес жүз, алты жүз, жеті жүз, сегіз жүз, тоғыз жүз",
        "мың, екі мың, үш мың, төрт мың, бес мың, алты мың, жеті мың, сегіз мың, тоғыз мың",
    ),
    "en": _table(
        "zero",
        "one, two, three, four, five, six, seven, eight, nine, ten, "
        "eleven, twelve, thirteen, fourteen, fifteen, sixteen, seventeen, eighteen, nineteen",
        "twenty, thirty, forty, fifty, sixty, seventy, eighty, ninety",
        "one hundred, two hundred, three hundred, four hundred, five hundred, six hundred, seven hundred, eight hundred, nine hundred",
        "one thousand, two thousand, three thousand, four thousand, five thousand, six thousand, seven thousand, eight thousand, nine thousand",
    ),
}

ORDINALS: Mapping[str, Mapping[int, str]] = {
    "ky": _table(
        "нөлүнчү",
        "биринчи, экинчи, үчүнчү, төртүнчү, бешинчи, алтынчы, жетинчи, сегизинчи, тогузунчу, онунчу, "
        "он биринчи, он экинчи, он үчүнчү, он төртүнчү, он бешинчи, он алтынчы, он жетинчи, он сегизинчи, он тогузунчу",
        "жыйырманчы, отузунчу, кыркынчы, элүүнчү, алтымышынчы, жетимишинчи, сексенинчи, токсонунчу",
        "жүзүнчү, эки жүзүнчү, үч жүзүнчү, төрт жүзүнчү, беш жүзүнчү, алты жүзүнчү, жети жүзүнчү, сегиз жүзүнчү, тогуз жүзүнчү",
        "миңинчи, эки миңинчи, үч миңинчи, төрт миңинчи, беш миңинчи, алты миңинчи, жети миңинчи, сегиз миңинчи, тогуз миңинчи",
    ),
    "kk": _table(
        "нөлінші",
        "бірінші, екінші, үшінші, төртінші, бесінші, алтыншы, жетінші, сегізінші, тоғызыншы, оныншы, "
        "он бірінші, он екінші, он үшінші, он төртінші, он бесінші, он алтыншы, он жетінші, он сегізінші, он тоғызыншы",
        "жиырмасыншы, отызыншы, қырқыншы, елуінші, алпысыншы, жетпісінші, сексенінші, тоқсаныншы",
        "жүзінші, екі жүзінші, үш жүзінші, төрт жүзінші, бес жүзінші, алты жүзінші, жеті жүзінші, сегіз жүзінші, тоғыз жүзінші",
        "мыңыншы, екі мыңыншы, үш мыңыншы, төрт мыңыншы, бес мыңыншы, алты мыңыншы, жеті мыңыншы, сегіз мыңыншы, тоғыз мыңыншы",
    ),
}
