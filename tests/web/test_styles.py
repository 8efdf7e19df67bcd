"""One visual language: components speak in the words of tokens.css, never in colours or sizes of their own."""

import re
from collections.abc import Iterator

import pytest

from app.domain.colours import contrast
from app.web.assets import STATIC
from app.web.tokens import DARK, LIGHT, theme

CSS = STATIC / "css"
COMPONENTS = sorted(file.name for file in CSS.glob("*.css") if file.name != "tokens.css")
OWN_SCALE = {"wall.css", "wall-boards.css", "wall-door.css"}
"""Measured by the size of the screen, not by the page's type."""
COLOUR = re.compile(
    r"#[0-9a-f]{3,8}\b|\b(?:rgb|rgba|hsl|hsla|hwb|lab|lch|oklab|oklch|color)\(|:\s*(?:white|black|red)\b"
)
DURATION = re.compile(r"(?<![\w.-])\d*\.?\d+m?s\b")
TYPE_SIZE = re.compile(r"(?<![\w.-])\d*\.?\d+(?:rem|px)\b")
DECLARATION = re.compile(r"^\s*([\w-]+):\s*([^;{]+);", re.M)


def declarations(text: str) -> Iterator[tuple[str, str]]:
    """Every property with its value; comments and pictures left out."""
    plain = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    yield from DECLARATION.findall(re.sub(r'url\("[^"]*"\)', "", plain))


def own_values(text: str, *, own_scale: bool = False) -> list[str]:
    """What a component says in colours, type sizes or durations of its own."""
    return [
        f"{name}: {value.strip()}"
        for name, value in declarations(text)
        if COLOUR.search(f": {value}")
        or (name == "font-size" and not own_scale and TYPE_SIZE.search(value))
        or (name.startswith(("animation", "transition")) and DURATION.search(value) and "!important" not in value)
    ]


@pytest.mark.parametrize("name", COMPONENTS)
def test_components_use_tokens_only(name: str) -> None:
    assert own_values((CSS / name).read_text(encoding="utf-8"), own_scale=name in OWN_SCALE) == []


@pytest.mark.parametrize(
    "planted",
    ["color: #fff;", "background: rgb(0 0 0 / 5%);", "color: white;", "font-size: 13px;", "transition: color 200ms;"],
)
def test_a_planted_value_is_found(planted: str) -> None:
    assert len(own_values(".tile {\n  " + planted + "\n}\n")) == 1


@pytest.mark.parametrize("name", COMPONENTS)
def test_every_token_that_is_used_is_declared(name: str) -> None:
    text = (CSS / name).read_text(encoding="utf-8")
    scale = (CSS / "wall.css").read_text(encoding="utf-8") if name in OWN_SCALE else ""
    declared = set(theme(LIGHT)) | set(re.findall(r"(--[\w-]+)\s*:", text + scale))
    used = {token for token, default in re.findall(r"var\((--[\w-]+)\s*(,)?", text) if not default}
    assert {token for token in used - declared if not token.startswith("--bs-")} == set()


def test_the_dark_theme_says_every_colour_of_its_own() -> None:
    """What stays as it is in the dark is named here, so that a new colour is not forgotten."""
    same = {
        key
        for key, value in theme(LIGHT).items()
        if key.startswith(("--color-", "--chart-")) and theme(DARK)[key] == value
    }
    assert same == {
        *("--color-backdrop", "--color-hero", "--color-on-hero", "--color-on-hero-soft", "--color-hero-veil"),
        *("--color-hero-new", "--chart-type-size"),
        *("--color-alarm", "--color-on-alarm", "--color-caution", "--color-on-caution"),
    }


def test_charts_stand_out_from_their_cards() -> None:
    for name in (LIGHT, DARK):
        known = theme(name)
        for mark in ("collected", "arrears", "present"):
            assert contrast(known[f"--chart-{mark}"], known["--color-surface"]) >= 3
