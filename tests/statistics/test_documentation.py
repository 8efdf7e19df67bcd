"""The page about the figures says what the program does."""

from pathlib import Path

import pytest

from app.statistics.documentation import metrics_page
from app.statistics.spec import METRICS

ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_page_is_up_to_date():
    """When this fails: flask --app app stats docs > docs/metrics.md"""
    assert (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8") == metrics_page()


def test_the_command_prints_the_page(app):
    result = app.test_cli_runner().invoke(args=["stats", "docs"])
    assert result.exit_code == 0
    assert result.output == metrics_page()


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_every_figure_is_on_it_and_explained(metric):
    (line,) = [line for line in metrics_page().splitlines() if line.startswith(f"| `{metric.name}` |")]
    assert metric.meaning in line
    assert metric.meaning.endswith(".")


def test_no_two_figures_share_a_name():
    assert len({metric.name for metric in METRICS}) == len(METRICS)
