"""`flask stats`: the figures against a recount, and what they mean."""

import click
from flask.cli import AppGroup

from app.cli import OfficeGroup
from app.extensions import db
from app.services.statistics import rebuild_statistics
from app.statistics.documentation import metrics_page
from app.statistics.verify import differences

group: AppGroup = OfficeGroup("stats", help="The figures and their recount.")


@group.command()
@click.pass_context
def verify(context: click.Context) -> None:
    """Compare every figure with a recount; exit code 1 and the differences when they disagree. Changes nothing."""
    found = differences(db.session.connection())
    for difference in found:
        click.echo(f"{difference.name}: kept {difference.kept}, counted {difference.counted}")
    click.echo(f"{len(found)} differences.")
    if found:
        context.exit(1)


@group.command()
@click.pass_context
def rebuild(context: click.Context) -> None:
    """Set every figure to its recount; exit code 1 when something still differs."""
    result = rebuild_statistics()
    click.echo(result.words)
    if result.differences:
        context.exit(1)


@group.command()
def docs() -> None:
    """Print what every figure means, as a page of documentation."""
    click.echo(metrics_page(), nl=False)
