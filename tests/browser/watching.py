"""What a browser complains about while a test runs. A test fails on any of it, unless it said what it expects."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Page, Request, Response

# Runs before every page's own scripts: what the policy blocked is an error like any other.
REPORT = """
document.addEventListener("securitypolicyviolation", (event) => {
  const { violatedDirective, blockedURI, sourceFile, lineNumber, sample } = event;
  const place = `${sourceFile || document.location}:${lineNumber}`;
  console.error(`CSP violation: ${violatedDirective} blocked ${blockedURI || "inline"} at ${place} ${sample}`);
});
"""

_TOLD_OTHERWISE = (
    "Failed to load resource",  # the answer itself tells, with its address
    "Service Worker registration blocked",  # by new_context: a test that intercepts requests must see all of them
    "does not conform to the required format",  # a date that no browser sends, shown again by an honest form
)


class Complaints:
    """Errors of the console and of scripts, violations of the policy, failed requests, answers of 400 and above."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._expected: list[re.Pattern[str]] = []

    def watch(self, context: BrowserContext) -> None:
        context.add_init_script(REPORT)
        context.on("page", self._watch_page)

    def expect(self, *patterns: str) -> None:
        """Complaints that match one of these are part of what the test does."""
        self._expected += [re.compile(pattern) for pattern in patterns]

    @contextmanager
    def expected(self, *patterns: str) -> Iterator[None]:
        """The same for as long as the block lasts."""
        before = list(self._expected)
        self.expect(*patterns)
        try:
            yield
        finally:
            self._expected = before

    def take(self) -> list[str]:
        """What was found since the last time."""
        found, self.found = self.found, []
        return found

    def _add(self, text: str) -> None:
        if not any(pattern.search(text) for pattern in self._expected):
            self.found.append(text)

    def _watch_page(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self._add(f"script error at {page.url}: {error}"))
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)
        page.on("dialog", self._dialog)
        page.on("crash", lambda: self._add(f"the page crashed: {page.url}"))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not any(known in message.text for known in _TOLD_OTHERWISE):
            self._add(f"console {message.type} at {message.location.get('url', '')}: {message.text}")

    def _failed(self, request: Request) -> None:
        # A browser that leaves a page ends what the page was still asking for.
        if request.failure != "net::ERR_ABORTED":
            self._add(f"request failed: {request.method} {request.url}: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self._add(f"answer {response.status}: {response.request.method} {response.url}")

    def _dialog(self, dialog: Dialog) -> None:
        # Our pages ask in dialogs of their own; one of the browser's is a script that nobody wrote.
        self._add(f"{dialog.type} dialog: {dialog.message}")
        dialog.dismiss()
