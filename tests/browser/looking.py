"""What is wrong with a page that looks right: what a machine can see of it."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, TimeoutError

ROOT = Path(__file__).resolve().parents[2]
STYLES = ROOT / "app" / "static" / "css"
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_WIDE = """() => {
  const width = document.documentElement.clientWidth;
  const scrolls = (element) => {
    for (let at = element.parentElement; at && at !== document.body; at = at.parentElement)
      if (["auto", "scroll", "hidden", "clip"].includes(getComputedStyle(at).overflowX)) return true;
    return false;
  };
  return [...document.body.querySelectorAll("*")]
    .filter((element) => element.getBoundingClientRect().right > width + 1 && !scrolls(element))
    .slice(0, 3)
    .map(({ tagName, className, textContent }) => `${tagName}.${className}: ${textContent.trim().slice(0, 40)}`);
}"""

# What is cut off at the edge of its box without dots that say so; a window would not scroll for it.
_CUT = """() => {
  const cuts = (style) => ["hidden", "clip"].includes(style.overflowX) && style.textOverflow !== "ellipsis";
  const wide = (box) => box.clientWidth > 1 && box.scrollWidth > box.clientWidth + 1;
  return [...document.querySelectorAll("main, main *")]
    .filter((box) => wide(box) && !box.matches("input, select, textarea") && cuts(getComputedStyle(box)))
    .slice(0, 3)
    .map((box) => `${box.tagName}.${box.className} shows ${box.clientWidth} of ${box.scrollWidth}`);
}"""

_CLASSES = """() => {
  const rules = [...document.styleSheets].flatMap(({ cssRules }) => [...cssRules]).map(({ cssText }) => cssText).join();
  const styled = new Set([...rules.matchAll(/\\.([a-z][\\w-]*)/g)].map(([, name]) => name));
  const used = new Set([...document.querySelectorAll("[class]")].flatMap(({ classList }) => [...classList]));
  return [...used].filter((name) => !styled.has(name));
}"""

_SETTLE = """async () => {
  for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
  const ending = document.getAnimations().filter(({ effect }) => effect.getComputedTiming().endTime < Infinity);
  await Promise.all(ending.map(({ finished }) => finished.catch(() => {})));
}"""

_SHORTEN = (
    "() => document.querySelectorAll('tbody').forEach((body) => [...body.rows].slice(8).forEach((row) => row.remove()))"
)

_SHAPE = """() => {
  const told = ["class", "role", "type", "hidden", "aria-label", "aria-expanded", "aria-invalid"];
  const words = (element) => [element.tagName, ...told.map((name) => element.getAttribute(name))];
  return [...document.querySelectorAll("main, main *")].map((element) => words(element).join(" ")).join("|");
}"""


def overflow(page: Page) -> str:
    """What is wider than the window, in words; empty when nothing is."""
    try:
        # Charts follow the size of the window a moment later.
        page.wait_for_function("() => document.documentElement.scrollWidth <= innerWidth", timeout=2_000)
        return ""
    except TimeoutError:
        wide, width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    return f"{page.url} is {wide} wide in a window of {width}: {page.evaluate(_WIDE)}"


def cut(page: Page) -> list[str]:
    """Boxes that hide a part of what is in them."""
    return [f"at {page.viewport_size}: {problem}" for problem in page.evaluate(_CUT)]


def unstyled(page: Page) -> list[str]:
    """Classes of the page that have a style, in a file which the page does not have."""
    return [f".{name} is in a style sheet of other pages" for name in page.evaluate(_CLASSES) if name in _styled()]


@cache
def _styled() -> frozenset[str]:
    texts = (sheet.read_text(encoding="utf-8") for sheet in STYLES.glob("*.css"))
    return frozenset(name for text in texts for name in re.findall(r"\.([a-z][\w-]*)", text))


def faint(page: Page) -> list[str]:
    """What cannot be read well in the colours of now."""
    # A button that is on its way from one colour to another is neither.
    page.evaluate(_SETTLE)
    return _violations(page, {"type": "rule", "values": ["color-contrast"]})


def shape(page: Page) -> str:
    """What a page is made of, without its texts: of two pages of one shape and size, axe has to read one."""
    return str(page.evaluate(_SHAPE))


def shorten(page: Page) -> None:
    """Leave the first rows of long lists: the others are made of the same parts."""
    page.evaluate(_SHORTEN)


def barriers(page: Page) -> list[str]:
    """What axe finds, one line per rule with the first places.

    Nothing moves meanwhile: what is just fading in cannot be read yet.
    """
    still = page.evaluate("() => matchMedia('(prefers-reduced-motion: reduce)').matches")
    page.emulate_media(reduced_motion="reduce")
    try:
        page.evaluate(_SETTLE)
        return _violations(page, TAGS)
    finally:
        page.emulate_media(reduced_motion="reduce" if still else "no-preference")


def _violations(page: Page, which: object) -> list[str]:
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(_axe())
    options: dict[str, Any] = {
        "runOnly": which,
        "resultTypes": ["violations"],
        "performanceTimer": False,
        "preload": False,
    }
    found = page.evaluate(f"async () => (await axe.run(document, {json.dumps(options)})).violations")
    return [
        f"{rule['id']}: {rule['help']} at {'; '.join(node['html'][:160] for node in rule['nodes'][:3])}"
        + (f" ({_reason(rule)})" if rule["nodes"] else "")
        for rule in found
    ]


def _reason(rule: dict[str, Any]) -> str:
    return " ".join(str(rule["nodes"][0].get("failureSummary", "")).split())[:300]


@cache
def _axe() -> str:
    return AXE.read_text(encoding="utf-8")
