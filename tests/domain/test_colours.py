"""A school's colour, whatever it is, is made readable on every ground that text stands on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.colours import HERO, MARK, TEXT, contrast, dark_variants, light_variants, parse_colour
from app.errors import Invalid
from app.web.tokens import DARK, LIGHT, READ_TOGETHER, THEMES, surfaces, theme

colours = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
VARIANTS = {LIGHT: light_variants, DARK: dark_variants}


def test_contrast_is_that_of_the_guidelines():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#777777") == 1
    # Figures of the guidelines' own example and of two known neighbours of the limit.
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#ff0000", "#ffffff") == pytest.approx(4.0, abs=0.01)


@pytest.mark.parametrize(("typed", "kept"), [("#0B5F5A", "#0b5f5a"), (" 0b5f5a ", "#0b5f5a"), ("#ffffff", "#ffffff")])
def test_a_colour_is_read_as_people_write_it(typed, kept):
    assert parse_colour(typed) == kept


@pytest.mark.parametrize(
    "typed",
    ["", "#", "teal", "#fff", "#0b5f5a80", "#0b5f5g", "red;}*{display:none", "#0b5f5a\n", "#０b5f5a", "url(/x)"],
)
def test_anything_else_is_refused(typed):
    if typed.strip() == "#0b5f5a":
        assert parse_colour(typed) == "#0b5f5a"
        return
    with pytest.raises(Invalid) as refused:
        parse_colour(typed)
    assert refused.value.param == "school_colour"


@pytest.mark.parametrize("name", THEMES)
@given(colour=colours)
def test_every_colour_can_be_read_in_every_theme(name, colour):
    on, made = surfaces(name), VARIANTS[name](colour, surfaces(name))
    soft, hero = made["--color-primary-soft"], made["--color-hero"]
    for back in (*on.all, soft):
        assert contrast(made["--color-primary-ink"], back) >= TEXT
    for button in (made["--color-primary"], made["--color-primary-strong"]):
        assert contrast(made["--color-on-primary"], button) >= TEXT
    for back in on.all:
        assert contrast(made["--color-focus"], back) >= MARK
        assert contrast(made["--color-primary"], back) >= MARK
    assert contrast(made["--color-on-hero"], hero) >= HERO
    assert contrast(made["--color-on-hero-soft"], hero) >= TEXT
    # A button under the pointer looks different.
    assert made["--color-primary"] != made["--color-primary-strong"]
    # What stands on a chosen place is the ordinary ink as well.
    assert contrast(theme(name)["--color-ink"], soft) >= TEXT


@pytest.mark.parametrize("name", THEMES)
@given(colour=colours)
def test_only_colours_come_out_and_the_same_each_time(name, colour):
    made = VARIANTS[name](colour, surfaces(name))
    assert {parse_colour(value) for value in made.values()} == set(made.values())
    assert made == VARIANTS[name](colour, surfaces(name))
    assert made["--color-brand"] == colour


def test_a_colour_that_can_be_read_stays_as_it_is():
    """A school recognises its colour: it moves only as far as it must."""
    assert light_variants("#7b1e3a", surfaces(LIGHT))["--color-primary"] == "#7b1e3a"
    assert dark_variants("#f2c14e", surfaces(DARK))["--color-primary"] == "#f2c14e"


@pytest.mark.parametrize(("colour", "strongest"), [("#c81e1e", 0), ("#1e4fc8", 2), ("#0f7a2f", 1)])
def test_a_hue_stays_the_hue_it_was(colour, strongest):
    for name in THEMES:
        primary = VARIANTS[name](colour, surfaces(name))["--color-primary"]
        parts = [int(primary[at : at + 2], 16) for at in (1, 3, 5)]
        assert parts.index(max(parts)) == strongest, f"{primary} in {name}"


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize(("ink", "back", "least"), READ_TOGETHER)
def test_the_programs_own_colours_can_be_read(name, ink, back, least):
    known = theme(name)
    assert contrast(known[ink], known[back]) >= least
