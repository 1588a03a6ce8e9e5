"""What a hall may be in when a picture is taken. Each function arranges one situation on a fresh centre whose desks are open and free.

Whenever pictures are taken it is about noon in the centre: only so can a hall be before its opening, at lunch or after closing at any hour.
"""

from typing import Any

from edge.operations import printing
from edge.operations.printing import Fault, State
from edge.queueing import commands as c
from edge.queueing.chain import instant
from edge.queueing.policy import WEEKDAYS
from edge.store import print_jobs
from tests.pictures.stage import Stage

Names = dict[str, str]

LONG_SERVICE: Names = {
    "ky": "Жубайлардын биринин арызы боюнча никени бузууну мамлекеттик каттоо",
    "ru": "Государственная регистрация расторжения брака по заявлению одного из супругов",
    "kk": "Ерлі-зайыптылардың бірінің өтініші бойынша некені бұзуды мемлекеттік тіркеу",
    "en": "State registration of a divorce on the application of one of the spouses",
}
LONG_CATEGORY: Names = {
    "ky": "Чернобыль АЭСиндеги кырсыктын кесепеттерин жоюуга катышкан адам",
    "ru": "Участник ликвидации последствий аварии на Чернобыльской атомной электростанции",
    "kk": "Чернобыль АЭС-індегі апаттың салдарын жоюға қатысқан адам",
    "en": "Person who took part in the clean-up of the Chernobyl nuclear power station",
}
LONG_CENTRE: Names = {
    "ky": "Чүй облусунун Жайыл районунун Кара-Балта шаарындагы калкты тейлөө борбору",
    "ru": "Центр обслуживания населения города Кара-Балта Жайылского района Чуйской области",
    "kk": "Шу облысы Жайыл ауданының Қара-Балта қаласындағы халыққа қызмет көрсету орталығы",
    "en": "Public Service Centre of the town of Kara-Balta, Jaiyl district, Chuy region",
}
LONG_ZONE: Names = {
    "ky": "Экинчи кабаттын оң канатындагы чоң зал",
    "ru": "Большой зал в правом крыле второго этажа",
    "kk": "Екінші қабаттың оң қанатындағы үлкен зал",
    "en": "Large hall in the right wing of the second floor",
}
NOTICE: Names = {
    "ky": "Паспорт үчүн төлөмдү 9-терезеден же терминалдан төлөңүз",
    "ru": "Госпошлину за паспорт можно оплатить в окне 9 или в терминале",
    "kk": "Төлқұжат үшін баж салығын 9-терезеде немесе терминалда төлеңіз",
    "en": "Pay the passport fee at desk 9 or at the terminal",
}
EVACUATION: Names = {
    "ky": "Имараттан чыгыңыз. Кызматкерлердин артынан басыңыз",
    "ru": "Покиньте здание. Следуйте за сотрудниками",
    "kk": "Ғимараттан шығыңыз. Қызметкерлердің соңынан еріңіз",
    "en": "Leave the building. Follow the staff",
}


def unprinted(stage: Stage, printer: str = "printer-2") -> dict[str, Any]:
    """Issue a ticket whose printer, at first one that the demo has not, was without paper; returns the ticket."""
    ctx, issued = stage.ctx, stage.issue()
    with ctx.database.write():
        at = instant(ctx.clock.wall())
        print_jobs.add(ctx.database, ticket=issued["id"], copy=0, printer=printer, address=None, state=State.BEGUN, at=at)
    job = printing.newest(ctx, issued["id"])
    assert job
    printing.end(ctx, job, State.FAILED, Fault.PAPER_OUT)
    return issued


def empty(stage: Stage) -> None:
    """Nobody is there."""


def normal(stage: Stage) -> None:
    """A quiet morning: some wait, one is called, one is served, one is missed and one on hold."""
    stage.crowd(18)
    stage.act(c.CallNext("3"), c.MarkNoShow("3"), c.CallNext("4"), c.Hold("4", 15, "copies"))
    stage.act(c.CallNext("2"), c.Start("2"), c.CallNext("6"), c.CallNext("1"))


def busiest(stage: Stage) -> None:
    """More than anybody hopes for: 300 wait, every desk is busy, lists are long."""
    stage.crowd(340)
    for _ in range(4):
        for desk in stage.ctx.hall.desks:
            stage.act(c.CallNext(desk), c.MarkNoShow(desk) if int(desk) % 2 else c.Hold(desk, 10, "paperwork"))
    for desk in stage.ctx.hall.desks:
        stage.act(c.CallNext(desk))
    stage.act(c.Start("2"), c.Start("4"))


def long_names(stage: Stage) -> None:
    """Official names as long as they come, for everything that has one; more services than fit on a first screen."""
    services, zones = stage.setting("services"), stage.setting("zones")
    longer = [{**service, "names": _numbered(LONG_SERVICE, place)} for place, service in enumerate(services)]
    longer.append({**longer[-1], "code": "divorce", "letter": "EA", "names": LONG_SERVICE, "documents": [LONG_CATEGORY] * 6})
    stage.change(
        centre={**stage.setting("centre"), "names": LONG_CENTRE},
        services=longer,
        zones=[{**zone, "names": LONG_ZONE} for zone in zones],
        categories=[{**category, "names": LONG_CATEGORY, "proof": LONG_CATEGORY} for category in stage.setting("categories")],
        desks=[{**desk, "services": [*desk["services"], "divorce"]} for desk in stage.setting("desks")],
        notices={zone["zone"]: {lang: f"{text}. {text}" for lang, text in NOTICE.items()} for zone in zones},
    )
    stage.crowd(30)
    stage.issue("divorce", category="veteran")
    stage.act(c.CallNext("3"), c.MarkNoShow("3"), c.CallNext("4"), c.Hold("4", 15, "Документтердин көчүрмөсүн алып келиши керек"))
    stage.act(c.CallNext("2"), c.CallNext("5"), c.CallNext("1"))


def closed(stage: Stage) -> None:
    """A day without hours: desks are closed, nobody waits."""
    for desk in stage.ctx.hall.desks:
        stage.act(c.Close(desk))
    closed_calendar(stage)


def closed_calendar(stage: Stage) -> None:
    """No hours on any day."""
    stage.change(calendar=_calendar([]))


def before_opening(stage: Stage) -> None:
    """The doors open in the afternoon."""
    stage.change(calendar=_calendar([["14:00", "18:00"]]))


def lunch(stage: Stage) -> None:
    """The hall has its lunch; those who wait keep their places."""
    stage.crowd(9)
    stage.act(c.CallNext("1"))
    stage.change(calendar=_calendar([["09:00", "18:00"]], lunch=[["11:30", "13:30"]]))
    for desk in tuple(stage.ctx.hall.desks)[1:]:
        stage.act(c.Pause(desk, "lunch"))


def paused(stage: Stage) -> None:
    """Every desk has a short break while people wait."""
    stage.crowd(7)
    stage.act(c.CallNext("2"))
    for desk in stage.ctx.hall.desks:
        stage.act(c.Pause(desk, "break"))


OUTCOMES: list[dict[str, Any]] = [
    {"code": "issued", "names": {"ky": "Берилди", "ru": "Выдано", "kk": "Берілді", "en": "Issued"}},
    {
        "code": "accepted",
        "names": {"ky": "Документтер кабыл алынды", "ru": "Документы приняты", "kk": "Құжаттар қабылданды", "en": "Papers accepted"},
    },
    {
        "code": "lacking",
        "names": {"ky": "Документтер жетишпейт", "ru": "Не хватает документов", "kk": "Құжаттар жетіспейді", "en": "Papers are missing"},
    },
    {"code": "refused", "names": {"ky": "Четке кагылды", "ru": "Отказано", "kk": "Бас тартылды", "en": "Refused"}},
]
VISIT: Names = {"ky": "Үй-бүлө үчүн документтер", "ru": "Документы для семьи", "kk": "Отбасына арналған құжаттар", "en": "Papers for a family"}


def visits(stage: Stage) -> None:
    """A visit of three services is in its second, outcomes are asked for, one right counts only after its proof, one visitor was missed."""
    services = [{**each, "outcomes": OUTCOMES} if each["code"] in ("passport", "address") else each for each in stage.setting("services")]
    steps = {"code": "family", "parent": "documents", "letter": "H", "names": VISIT, "steps": ["birth", "passport", "address"]}
    stage.change(services=[*services, steps])
    proof_first = next(code for code, each in stage.ctx.hall.policy.categories.items() if each.proof_first)
    stage.issue("family")
    server = next(desk for desk, plan in stage.ctx.hall.policy.desks.items() if "birth" in plan.services)
    stage.act(c.CallNext(server), c.Start(server), c.Finish(server))
    stage.crowd(9, "passport", "birth", "address")
    stage.act(c.Pick("1", "H001", "asked"), c.Start("1"), c.CallNext("2"), c.MarkNoShow("2"), c.CallNext("2"), c.Hold("2", 15))
    stage.issue("passport", category=proof_first)
    stage.issue("birth", category=proof_first)


def unserved(stage: Stage) -> None:
    """People wait for services of which no desk is open."""
    stage.crowd(11)
    for desk in ("5", "6", "7", "8"):
        stage.act(c.Close(desk, "illness"))


def emergency(stage: Stage) -> None:
    """The alarm went."""
    normal(stage)
    stage.change(emergency={"text": EVACUATION, "reason": "sprinklers in the archive"})


def notice(stage: Stage) -> None:
    """Something has to be said to everybody."""
    normal(stage)
    stage.change(notices=dict.fromkeys(stage.ctx.hall.policy.zones, NOTICE))


def by_appointment(stage: Stage) -> None:
    """Some services take no walk-ins, and consoles want a clerk."""
    services = [
        {**service, "mode": "appointment-only"} if service["code"] in ("passport", "benefits") else service for service in stage.setting("services")
    ]
    stage.change(services=services, centre={**stage.setting("centre"), "clerk_login": True})
    stage.crowd(3, "birth", "ready")


def appointments_only(stage: Stage) -> None:
    """The day on which everything but two services needs an appointment."""
    services = [
        {**each, "exempt": each["code"] in ("ready", "foreigners"), **({"slot_minutes": 15} if each["code"] == "statements" else {})}
        for each in stage.setting("services")
    ]
    stage.change(services=services, bookings={**stage.setting("bookings"), "only_from": "2026-01-01"})
    stage.crowd(3, "ready")


def appointments_only_long(stage: Stage) -> None:
    """The same with names as long as they come."""
    appointments_only(stage)
    services = [{**service, "names": _numbered(LONG_SERVICE, place)} for place, service in enumerate(stage.setting("services"))]
    stage.change(services=services, centre={**stage.setting("centre"), "names": LONG_CENTRE})


def standby(stage: Stage) -> None:
    """Whoever comes now may not be served today any more."""
    calendar, promises = _calendar([["00:00", "15:00"]]), {"cut_off": True, "z_permille": 5000, "tail_min": 240, "release_min": 0}
    stage.change(calendar=calendar, promises=promises)
    normal(stage)


def full(stage: Stage) -> None:
    """The hall closes at half past one, and more people wait than will be served."""
    stage.change(calendar=_calendar([["00:00", "13:30"]]))
    stage.crowd(130)
    stage.change(promises={"cut_off": True, "z_permille": 1640, "tail_min": None, "release_min": 0})


def tokens(stage: Stage) -> None:
    """The doors open in the afternoon, and tickets are given already."""
    stage.change(calendar={**_calendar([["14:00", "18:00"]]), "tokens_before_min": 180})
    stage.crowd(5)


def before_tokens(stage: Stage) -> None:
    """Neither the doors are open nor are tickets given yet."""
    stage.change(calendar={**_calendar([["15:00", "18:00"]]), "tokens_before_min": 60})


def _calendar(hours: list[list[str]], lunch: list[list[str]] | None = None) -> dict[str, Any]:
    return {"hours": dict.fromkeys(WEEKDAYS, hours), "lunch": lunch or []}


def _numbered(names: Names, place: int) -> Names:
    return {lang: f"{text} № {place}" for lang, text in names.items()}
