"""What stands on a ticket besides the centre's own words, in four languages; each ticket speaks the visitor's."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """``promises``: by the word of `Ticket.promise`; a guaranteed one needs none. Places in braces are filled in."""

    category: str
    turn: str
    promises: Mapping[str, str]
    bring: str
    follow: str
    remember: str
    taken: str
    journal: str
    copy: str
    test: str


WORDS: Mapping[str, Words] = {
    "ky": Words(
        category="Кезексиз тейленүү укугу: {name}",
        turn="Кезегиңиз: болжол менен {times}",
        promises={
            "standby": "Кепилдиксиз: бүгүн сизди кабыл алышпай калышы мүмкүн",
            "none": "Кепилдиксиз: бүгүн сизди кабыл алууга үлгүрбөйбүз окшойт",
        },
        bring="Өзүңүз менен алып келиңиз",
        follow="Талонуңузду телефондон көзөмөлдөңүз: кодду ушул залдын тармагында сканерлеңиз",
        remember="Талонду сактаңыз: сизди ушул номер менен чакырабыз",
        taken="Алынган убактысы: {time}",
        journal="Журнал: {head}",
        copy="КӨЧҮРМӨ {number}",
        test="Принтерди текшерүү",
    ),
    "ru": Words(
        category="Право на внеочередной приём: {name}",
        turn="Ваша очередь: примерно {times}",
        promises={
            "standby": "Без гарантии: сегодня вас могут не успеть принять",
            "none": "Без гарантии: сегодня вас вряд ли успеют принять",
        },
        bring="Что взять с собой",
        follow="Следите за талоном с телефона: отсканируйте код в сети этого зала",
        remember="Сохраните талон: вас вызовут по этому номеру",
        taken="Взят {time}",
        journal="Журнал: {head}",
        copy="КОПИЯ {number}",
        test="Проверка принтера",
    ),
    "kk": Words(
        category="Кезектен тыс қызмет алу құқығы: {name}",
        turn="Кезегіңіз: шамамен {times}",
        promises={
            "standby": "Кепілдіксіз: бүгін сізді қабылдап үлгермеуі мүмкін",
            "none": "Кепілдіксіз: бүгін сізді қабылдап үлгеру екіталай",
        },
        bring="Өзіңізбен бірге алып келіңіз",
        follow="Талоныңызды телефоннан қадағалаңыз: кодты осы залдың желісінде сканерлеңіз",
        remember="Талонды сақтаңыз: сізді осы нөмірмен шақырамыз",
        taken="Алынған уақыты: {time}",
        journal="Журнал: {head}",
        copy="КӨШІРМЕ {number}",
        test="Принтерді тексеру",
    ),
    "en": Words(
        category="Right to priority: {name}",
        turn="Your turn: about {times}",
        promises={
            "standby": "Without guarantee: you may not be served today",
            "none": "Without guarantee: you will hardly be served today",
        },
        bring="What to bring",
        follow="Follow your ticket on your phone: scan the code in the network of this hall",
        remember="Keep this ticket: you will be called by this number",
        taken="Taken {time}",
        journal="Journal: {head}",
        copy="COPY {number}",
        test="Test of the printer",
    ),
}
