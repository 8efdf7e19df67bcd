"""`flask import`: taking over what a school has in files."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click
from flask.cli import AppGroup

from app.cli import OfficeGroup
from app.domain.csvfile import TOO_LARGE, FileTooLarge
from app.services.announcements import money_text
from app.services.payment_import import PaymentReport, import_payments
from app.services.student_import import ImportReport, import_students

group: AppGroup = OfficeGroup("import", help="Take over data from files.")


@group.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what the file would change.")
@click.option("--create-classes", is_flag=True, help="Add classes that do not exist.")
def students(file: Path, dry_run: bool, create_classes: bool) -> None:
    """Add the students of a CSV file: all of them, or none and exit status 1."""
    report = import_students(data=read(file), dry_run=dry_run, create_classes=create_classes)
    verb = "would be added" if dry_run else "added"
    added = f"{report.added} students and {report.new_guardians} guardians {verb}, {len(report.skipped)} skipped."
    _tell(report, [*([f"new classes: {', '.join(report.new_classes)}"] if report.new_classes else []), added])


@group.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what the file would change.")
@click.option("--allow-credit", is_flag=True, help="Keep what is more than owed as the student's credit.")
@click.option("--allow-used-references", is_flag=True, help="Take references that another receipt carries.")
def payments(file: Path, dry_run: bool, allow_credit: bool, allow_used_references: bool) -> None:
    """Record the payments of a CSV file: all of them, or none and exit status 1."""
    report = import_payments(
        data=read(file), dry_run=dry_run, allow_credit=allow_credit, allow_used_references=allow_used_references
    )
    verb = "would be recorded" if dry_run else "recorded"
    kept = f", {money_text(report.credit)} of it as credit" if report.credit else ""
    _tell(report, [f"{report.added} payments {verb}, {money_text(report.total)}{kept}; {len(report.skipped)} skipped."])


def read(file: Path) -> bytes:
    """The bytes of a file. Raises FileTooLarge without reading it."""
    if file.stat().st_size >= TOO_LARGE:
        raise FileTooLarge()
    return file.read_bytes()


def _tell(report: ImportReport | PaymentReport, done: Sequence[str]) -> None:
    """Say what a file holds, what was left out or is wrong, and what was `done`; a problem ends with exit status 1."""
    click.echo(f"{report.rows} rows, {report.encoding}, columns: {', '.join(report.columns)}")
    if report.ignored_columns:
        click.echo(f"not read: {', '.join(report.ignored_columns)}")
    for problem in report.problems:
        click.echo(f"row {problem.row}: {problem.column}: {problem.message}")
    for row in report.skipped:
        click.echo(f"row {row.row}: skipped: {row.message}")
    if report.problems:
        click.echo(f"Nothing was imported: {len(report.problems)} problems.")
        sys.exit(1)
    for line in done:
        click.echo(line)
