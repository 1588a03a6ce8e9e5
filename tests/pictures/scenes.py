"""Every screen in every state: the one list that pictures, checks and `docs/screens.md` follow."""

from tests.pictures.board_scenes import BOARDS
from tests.pictures.desk_scenes import DESKS
from tests.pictures.device_scenes import DEVICES
from tests.pictures.front_scenes import FRONT
from tests.pictures.hall_scenes import HALL
from tests.pictures.kiosk_scenes import KIOSKS
from tests.pictures.national_scenes import NATIONAL
from tests.pictures.phone_scenes import PHONES
from tests.pictures.self_test_scenes import SELF_TEST
from tests.pictures.settings_scenes import SETTINGS
from tests.pictures.staff_scenes import STAFF
from tests.pictures.visit import Scene

VISITORS: tuple[Scene, ...] = (*KIOSKS, *BOARDS, *PHONES)
OFFICE: tuple[Scene, ...] = (*FRONT, *SELF_TEST, *DESKS, *HALL, *NATIONAL, *SETTINGS, *STAFF, *DEVICES)
SCENES: tuple[Scene, ...] = (*VISITORS, *OFFICE)
