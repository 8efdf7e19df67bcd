"""Without a line: a page that says so and goes on by itself, and nothing of the school left in the browser."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Open
from tests.browser.looking import barriers, faint, overflow
from tests.browser.made import Made
from tests.browser.watching import Complaints
from tests.support.server import Server

ALLOWED = {"service_workers": "allow"}
CONTROLLED = """() => navigator.serviceWorker.ready.then(
  ({ active }) => active.state === "activated" && !!navigator.serviceWorker.controller)"""
REFUSED = """(name) => {
  try {
    trustedTypes.createPolicy(name, { createScriptURL: (url) => url });
    return false;
  } catch {
    return true;
  }
}"""
KEPT = """async () => {
  const kept = [];
  for (const name of await caches.keys())
    for (const { url } of await (await caches.open(name)).keys()) kept.push(url.slice(location.origin.length));
  return kept;
}"""
NAMES = "() => caches.keys()"
HOW_MANY_WORKERS = """async () => {
  const registration = await navigator.serviceWorker.ready;
  await registration.update();
  return [registration.installing, registration.waiting, registration.active].filter(Boolean).length;
}"""
NO_LINE = (r"request failed: .*(net::ERR_CONNECTION_REFUSED|ERR_INTERNET_DISCONNECTED|ERR_FAILED|ERR_CONNECTION_RESET)",
           "console error .*(socket.io|WebSocket)")  # fmt: skip


def test_a_page_without_a_line_says_so_and_opens_when_the_server_is_back(
    window: Open, serving: Server, made_school: Made, complaints: Complaints
) -> None:
    page = window("bursar", "/desk", PHONE, **ALLOWED)
    until(page, CONTROLLED)
    wanted = f"/students/{made_school.ids['asha']}"
    with complaints.expected(*NO_LINE):
        serving.stop()
        page.goto(wanted)
        expect(page.get_by_role("heading", name="No connection")).to_be_visible()
        expect(page.get_by_text("nothing that was saved is lost")).to_be_visible()
        assert looked_at(page) == []
        serving.start()
        # By itself: nobody touches the page.
        expect(page.locator("h1")).to_contain_text("Asha")
    expect(page).to_have_url(f"{serving.url}{wanted}")


def looked_at(page: Page) -> list[str]:
    wrong = [*filter(None, [overflow(page)]), *barriers(page)]
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    wrong += [f"in the dark: {problem}" for problem in faint(page)]
    page.emulate_media(color_scheme="light", reduced_motion="no-preference")
    return wrong


def test_a_new_name_of_the_school_is_kept_by_the_same_worker(
    window: Open, serving: Server, complaints: Complaints
) -> None:
    """A browser that puts one worker in the place of another may never bring the page that is asked for meanwhile."""
    page = window("admin", "/users", **ALLOWED)
    until(page, CONTROLLED)
    [old] = page.evaluate(NAMES)
    page.goto("/settings")
    page.get_by_label("School name").fill("Hilltop Preparatory School")
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_text("The settings are saved.")).to_be_visible()
    page.goto("/users")
    until(
        page,
        "async (old) => { const names = await caches.keys(); return names.length === 1 && names[0] !== old; }",
        old,
    )
    assert page.evaluate(HOW_MANY_WORKERS) == 1
    with complaints.expected(*NO_LINE):
        serving.stop()
        page.goto("/desk")
        expect(page.get_by_role("heading", name="No connection")).to_be_visible()
        expect(page.locator("body")).to_contain_text("Hilltop Preparatory School")
        serving.start()
        expect(page.locator("h1")).not_to_have_text("No connection")


def test_nothing_behind_the_sign_in_is_kept(
    window: Open, serving: Server, made_school: Made, complaints: Complaints
) -> None:
    page = window("admin", "/dashboard", PHONE, **ALLOWED)
    until(page, CONTROLLED)
    for path in ("/students", f"/students/{made_school.ids['asha']}", "/desk", "/dashboard"):
        page.goto(path)
    kept = page.evaluate(KEPT)
    assert "/offline" in kept and any("/js/dashboard.js" in path for path in kept)
    assert private(kept) == []
    # What it asks for after it was drawn would be refused to whoever has signed out.
    page.locator("[data-terms-content]").wait_for()
    page.locator(".user-button").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    until(page, CONTROLLED)
    assert private(page.evaluate(KEPT)) == []
    # What the page asked just before the server was back may be told after the test.
    complaints.expect(*NO_LINE)
    serving.stop()
    for path in ("/students", "/dashboard"):
        page.goto(path)
        expect(page.locator("h1")).to_have_text("No connection")
    serving.start()


def until(page: Page, question: str, about: object = None) -> None:
    """Ask until the answer is yes: `wait_for_function` takes a promise for one, whatever it brings."""
    for _ in range(200):
        if page.evaluate(question, about):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"still not so: {question}")


def private(kept: list[str]) -> list[str]:
    """What is not for everybody."""
    return [path for path in kept if not path.startswith(("/static/", "/brand.css", "/logo/")) and path != "/offline"]


def test_where_the_address_is_not_secure_the_page_works_without(window: Open) -> None:
    page = window("teacher", None, PHONE, **ALLOWED)
    page.add_init_script("Object.defineProperty(window, 'isSecureContext', { get: () => false })")
    page.goto("/attendance")
    expect(page.locator('[data-live-status][data-state="live"]')).to_be_visible()
    assert page.evaluate("() => navigator.serviceWorker.getRegistrations().then(({ length }) => length)") == 0


def test_no_other_script_gets_past_the_policy(window: Open, complaints: Complaints) -> None:
    page = window("bursar", "/desk", PHONE, **ALLOWED)
    until(page, CONTROLLED)
    complaints.expect(
        "CSP violation: (trusted-types|require-trusted-types-for)", "TrustedTypePolicy", "TrustedScriptURL"
    )
    for name in ("default", "service-worker"):
        assert page.evaluate(REFUSED, name), name
    other = "() => navigator.serviceWorker.register('/static/x.js').then(() => '', ({ name }) => name)"
    assert page.evaluate(other) == "TypeError"
