"""`flask backup`: the whole school in one file, and back."""

from pathlib import Path

import click
from flask.cli import AppGroup

from app.cli import OfficeGroup
from app.transfer.backup import create_backup
from app.transfer.restore import restore_backup

group: AppGroup = OfficeGroup("backup", help="The whole school in one file, and back.")
_PATH = click.Path(path_type=Path)


@group.command()
@click.argument("path", type=_PATH)
def create(path: Path) -> None:
    """Save the database and the archived activity in PATH, a new file or a folder; the program may be running.

    The file holds everything but the signing key: keep it where only the administrator can read it.
    """
    made = create_backup(path)
    rows = sum(made.manifest.rows.values())
    click.echo(f"{made.file}: {rows} rows, {made.file.stat().st_size} bytes, read back and found right.")
    if made.manifest.wrong_figures:
        click.echo(
            f"{made.manifest.wrong_figures} figures of the school differ from their recount: "
            "run `flask --app app stats rebuild`.",
            err=True,
        )


@group.command()
@click.argument("path", type=_PATH)
@click.option("--replace", is_flag=True, help="Also over a school: it is kept aside in a file of its own.")
def restore(path: Path, replace: bool) -> None:
    """Make the database what it was when the backup PATH was made; the program may be running.

    Everybody whose session is newer than the backup signs in again; every screen shows the restored figures.
    """
    restored = restore_backup(path, replace=replace)
    rows = sum(restored.manifest.rows.values())
    click.echo(f"The school is as it was at {restored.manifest.made_at}: {rows} rows.")
    if restored.kept:
        click.echo(f"What was there before is kept in {restored.kept}.")
