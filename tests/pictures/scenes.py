"""Every screen in every state: the one list that pictures, checks and `docs/screens.md` follow."""

from tests.browser.browsing import BOARD, KIOSK
from tests.pictures import situations as s
from tests.pictures.desk_scenes import DESKS
from tests.pictures.front_scenes import FRONT
from tests.pictures.hall_scenes import HALL
from tests.pictures.staff_scenes import STAFF
from tests.pictures.visit import Scene, Visit


def kiosk_languages(visit: Visit) -> None:
    visit.enter("kiosk-1")
    visit.live()


def kiosk_services(visit: Visit) -> None:
    visit.enter("kiosk-1", f"/{visit.lang}")
    visit.live()


def board(visit: Visit) -> None:
    visit.enter("board-a")
    visit.live()


SCENES: tuple[Scene, ...] = (
    *FRONT,
    Scene("kiosk-languages", KIOSK, s.normal, kiosk_languages, strict=True),
    Scene("kiosk-services", KIOSK, s.normal, kiosk_services, strict=True),
    *DESKS,
    Scene("board-normal", BOARD, s.normal, board, strict=True),
    Scene("board-empty", BOARD, s.empty, board, strict=True),
    *HALL,
    *STAFF,
)
