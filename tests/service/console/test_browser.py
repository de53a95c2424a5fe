"""A person's way through the console in a real browser; screenshots are kept under test-output/screenshots/."""

from collections.abc import Callable

from tests.service.console.conftest import HUNG, LAN, MAI, Officer

NewOfficer = Callable[..., Officer]
LOWEST_EDGE = """() => Math.max(
  ...[...document.querySelectorAll(".said, #clip, .recidivist")].map((part) => part.getBoundingClientRect().bottom)
)"""
CLIP_IS_READY = "() => document.getElementById('clip').readyState >= 2"


def test_a_case_goes_from_the_queue_to_a_paid_fine(new_officer: NewOfficer) -> None:
    lan = new_officer()
    page = lan.page
    lan.go("/")
    lan.shoot("vi-1366-sign-in")
    lan.sign_in(LAN)
    lan.shoot("vi-1366-queue")
    assert page.locator("#queue tbody tr").count() == 7
    lan.press("j", "j", "k")
    assert page.locator("#queue tr.chosen").count() == 1

    page.click("#queue tbody tr:first-child td:nth-child(3)")
    page.wait_for_selector("#case[data-held]")
    page.wait_for_function(CLIP_IS_READY)
    page.wait_for_function("() => document.querySelectorAll('#stills .mark').length === 3")
    apart = page.eval_on_selector_all(
        "#stills .mark",
        """all => all.map((mark) => {
            const [own, still] = [mark, mark.parentElement].map((part) => part.getBoundingClientRect());
            const outside = own.left < still.left - 2 || own.right > still.right + 2;
            return outside || own.top < still.top - 2 || own.bottom > still.bottom + 2;
        })""",
    )
    assert apart == [False] * 3, "each frame lies on its own still"
    lan.shoot("vi-1366-case")
    assert page.locator(".character.doubtful").count() == 1
    assert page.locator(".timeline .lamp-red").count() == 1

    lan.press("z")
    zoomed = page.eval_on_selector_all("#stills img", "all => all.map((img) => img.style.transform)")
    assert zoomed == ["scale(3.5)"] * 3
    page.wait_for_timeout(200)
    lan.shoot("vi-1366-case-zoomed")
    lan.press("Escape")

    before = page.eval_on_selector("#clip", "clip => clip.currentTime")
    lan.press(".", ".", ".")
    after = page.eval_on_selector("#clip", "clip => clip.currentTime")
    lan.press(",")
    assert before < page.eval_on_selector("#clip", "clip => clip.currentTime") < after

    lan.press("e")
    page.keyboard.type("63-B1 684.73")
    lan.press_to_next_page("Enter")
    readings = page.locator(".readings").inner_text()
    assert "63B168473" in readings
    assert "63B168472" in readings

    page.wait_for_selector("#case[data-held]")
    lan.press_to_next_page("c")
    assert "/cases/2" in page.url
    assert "63B168473" in page.locator(".said").inner_text()
    lan.shoot("vi-1366-next-case-after-confirming")

    assert page.evaluate(LOWEST_EDGE) <= 768
    page.click(".said a.button")
    lan.wait_ready()
    assert page.input_value("#fine-form [name=amount_vnd]") == "5000000"
    lan.shoot("vi-1366-fine")
    page.fill("#fine-form [name=amount_vnd]", "7000000")
    page.click("#fine-form button")
    assert page.eval_on_selector("#fine-form [name=amount_vnd]", "input => input.validity.rangeOverflow")
    page.fill("#fine-form [name=amount_vnd]", "5000000")
    page.fill("#fine-form [name=without_notice]", "Chủ xe đã tự đến trụ sở")
    page.click("#fine-form button")
    page.wait_for_selector("#payment-form")
    lan.wait_ready()
    page.fill("[name=reference]", "KBNN-2026-0042")
    page.click("#payment-form button")
    page.wait_for_selector("#case[data-state=paid]")
    assert "KBNN-2026-0042" in page.locator("#ledger").inner_text()
    assert "63B168472 → 63B168473" in page.locator("#trail").inner_text()
    page.screenshot(path="test-output/screenshots/vi-1366-paid-whole-page.png", full_page=True)

    lan.go("/figures?from_on=2026-11-01&to_on=2026-11-24")
    assert page.inner_text("#detected") == "7"
    assert page.inner_text("#fined") == "1"
    assert page.inner_text("#fined-vnd") == "5.000.000 ₫"
    lan.shoot("vi-1366-figures")


def test_a_case_is_rejected_and_undone_by_keyboard(new_officer: NewOfficer) -> None:
    lan = new_officer()
    lan.sign_in(LAN)
    lan.go("/cases/2")
    lan.page.wait_for_selector("#case[data-held]")
    lan.press("r")
    lan.shoot("vi-1366-reject")
    lan.press_to_next_page("4")
    assert "/cases/3" in lan.page.url
    assert "nhầm phương tiện" in lan.page.locator(".said").inner_text()
    lan.press_to_next_page("u")
    assert lan.page.get_attribute("#case", "data-case") == "2"
    assert lan.page.get_attribute("#case", "data-state") == "in_review"


def test_a_case_without_a_plate_says_so_and_cannot_be_confirmed(new_officer: NewOfficer) -> None:
    lan = new_officer()
    lan.sign_in(LAN)
    lan.go("/cases/3")
    lan.page.wait_for_selector("#case[data-held]")
    lan.page.wait_for_function(CLIP_IS_READY)
    assert "Không đọc được biển số" in lan.page.locator(".side p.alarm").inner_text()
    lan.shoot("vi-1366-no-plate")
    lan.press("c")
    lan.page.wait_for_selector("#notice:not(:empty)")
    assert lan.page.inner_text("#notice").startswith("Chưa có biển số")
    assert [mistake for mistake in lan.mistakes if "400" not in mistake] == []
    lan.mistakes.clear()


def test_a_second_officer_sees_who_holds_the_case(new_officer: NewOfficer) -> None:
    lan, hung = new_officer(), new_officer()
    lan.sign_in(LAN)
    lan.go("/cases/5")
    lan.page.wait_for_selector("#case[data-held]")
    hung.sign_in(HUNG)
    hung.go("/cases/5")
    assert LAN in hung.page.locator("p.alarm").first.inner_text()
    assert hung.page.locator("[data-act]").count() == 0
    hung.shoot("vi-1366-held-by-another")
    lan.go("/queue")
    given_back = "async () => (await (await fetch('/api/v1/cases/5')).json()).state === 'detected'"
    hung.page.wait_for_function(given_back)
    hung.go("/cases/5")
    hung.page.wait_for_selector("#case[data-held]")
    assert hung.page.locator("[data-act=confirm]").count() == 1


def test_language_and_darkness_are_remembered(new_officer: NewOfficer) -> None:
    lan = new_officer(width=1920, height=1080)
    page = lan.page
    lan.sign_in(LAN)
    lan.shoot("vi-1920-queue")
    page.click("button[name=language]")
    page.wait_for_selector("html[lang=en]")
    lan.wait_ready()
    assert page.inner_text("h1") == "Cases"
    lan.shoot("en-1920-queue")
    page.click("button[name=theme]")
    page.wait_for_selector("html[data-theme=dark]")
    lan.wait_ready()
    ground = page.eval_on_selector("body", "body => getComputedStyle(body).backgroundColor")
    assert ground == "rgb(14, 20, 27)"
    lan.shoot("en-1920-queue-dark")
    lan.go("/cases/7")
    page.wait_for_selector("#case[data-held]")
    page.wait_for_function(CLIP_IS_READY)
    lan.shoot("en-1920-case-dark")
    lan.press("?")
    assert page.locator("dialog[open]").count() == 1
    lan.shoot("en-1920-keys-dark")
    page.click("dialog button")
    lan.go("/figures?from_on=2026-11-01&to_on=2026-11-24")
    lan.shoot("en-1920-figures-dark")
    page.click("button[name=theme]")
    page.wait_for_selector("html[data-theme=light]")


def test_the_console_follows_a_dark_system(new_officer: NewOfficer) -> None:
    mai = new_officer(scheme="dark")
    mai.sign_in(MAI)
    mai.go("/cases/6")
    mai.page.wait_for_function(CLIP_IS_READY)
    assert mai.page.locator("[data-act]").count() == 0
    mai.shoot("vi-1366-auditor-dark")
    mai.go("/cameras")
    mai.shoot("vi-1366-cameras-dark")
    mai.page.goto(mai.console.url + "/cases/4711")
    assert "Không có ở đây" in mai.page.inner_text("h1")
    mai.shoot("vi-1366-not-here-dark")
    assert [mistake for mistake in mai.mistakes if "404" not in mistake] == []
    mai.mistakes.clear()
