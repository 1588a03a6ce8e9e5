"""The logins and the page of staff in every state: what the pictures show of them."""

from edge.operations.delays import by_login
from tests.browser.browsing import DESK, LAPTOP, NARROW_DESK, PHONE
from tests.pictures import situations as s
from tests.pictures.visit import Scene, Visit


def login(visit: Visit) -> None:
    visit.open("/login")


def login_wrong(visit: Visit, attempts: int = 1) -> None:
    visit.stage.ctx.delays.succeeded(by_login("asel"))  # each picture begins anew
    visit.open("/login")
    for _ in range(attempts):
        visit.page.fill("#login", "asel")
        visit.page.fill("#password", "wrong")
        visit.page.press("#password", "Enter")
        visit.page.locator("#failed").wait_for()


def login_delayed(visit: Visit) -> None:
    login_wrong(visit, 4)


def role_forbidden(visit: Visit) -> None:
    visit.log_in("operator", "/staff")


def desk_login(visit: Visit) -> None:
    visit.enter("desk-1", "/login")


def desk_login_taken(visit: Visit) -> None:
    clerk = visit.stage.staff["operator"]
    visit.enter("desk-1", "/login")
    visit.page.fill("#login", clerk["login"])
    visit.page.fill("#pin", clerk["pin"])
    visit.page.press("#pin", "Enter")
    visit.page.wait_for_url("**/desk/desk-1")
    visit.enter("desk-1", "/login")


def staff(visit: Visit) -> None:
    visit.log_in("administrator", "/staff")


def staff_changing(visit: Visit) -> None:
    staff(visit)
    visit.page.locator("summary").first.click()


def staff_made(visit: Visit) -> None:
    staff(visit)
    visit.page.locator("summary").nth(2).click()
    visit.page.locator("details[open] input[value=password] + button").click()
    visit.page.locator("#new-password").wait_for()


def staff_refused(visit: Visit) -> None:
    staff(visit)
    visit.page.fill("#new-login", "supervisor")
    visit.page.press("#new-login", "Enter")
    visit.page.locator("#refused").wait_for()


STAFF: tuple[Scene, ...] = (
    Scene("login", LAPTOP, s.normal, login),
    Scene("login-wrong", PHONE, s.normal, login_wrong),
    Scene("login-delayed", LAPTOP, s.normal, login_delayed),
    Scene("login-role-forbidden", LAPTOP, s.normal, role_forbidden),
    Scene("desk-login", NARROW_DESK, s.normal, desk_login),
    Scene("desk-login-taken", DESK, s.normal, desk_login_taken),
    Scene("staff", LAPTOP, s.normal, staff),
    Scene("staff-changing", PHONE, s.normal, staff_changing),
    Scene("staff-made", LAPTOP, s.normal, staff_made),
    Scene("staff-refused", LAPTOP, s.normal, staff_refused),
)
