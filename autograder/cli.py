"""The command line: verbs to functions, results to exit codes; all that prints or exits."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from enum import StrEnum
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from autograder import config, overview, proofs, report, selection
from autograder.doctor import examine
from autograder.errors import AutograderError, ConfigError, GraderFault
from autograder.files import require_writable, write_whole
from autograder.grade import Desk, Manner, allowed_tiers, promised_checks
from autograder.grade import grade as grade_submission
from autograder.journal import Journal
from autograder.layout import Layout, find_root
from autograder.model import Course, Report, Submission, Tier
from autograder.progress import Watcher
from autograder.release import tree
from autograder.sandbox.host import Launcher
from autograder.submission import collect

app = typer.Typer(
    name="autograder",
    help="Grade deep-learning assignments: isolated, proved, fair.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
_PIPE_COLUMNS = 200  # nothing is folded or cut where no terminal says how wide it is
_PIPE_CLOSED = 141  # what a shell says of a program that SIGPIPE ends
_OUT = Console(width=None if sys.stdout.isatty() else _PIPE_COLUMNS)
_ERR = Console(stderr=True)


class Device(StrEnum):
    """Where a submission runs."""

    CPU = "cpu"
    CUDA = "cuda"
    AUTO = "auto"


SlugArgument = Annotated[
    str | None, typer.Argument(help="An assignment, as `autograder list` names it.")
]
PathArgument = Annotated[Path | None, typer.Argument(help="A folder, a .py file or a zip.")]
TierOption = Annotated[
    Tier | None, typer.Option(help="Insist on this tier; without it, the best that holds here.")
]
DeviceOption = Annotated[Device, typer.Option(help="Where the submission runs.")]
DataOption = Annotated[
    str | None,
    typer.Option("--data", help="digits, mnist or a folder of images; else the course's choice."),
]
DataFolderOption = Annotated[
    Path | None,
    typer.Option(help="Where fetched data and weights lie; by default datasets/local."),
]
ReportOption = Annotated[Path | None, typer.Option("--report", help="Write the JSON report here.")]
HtmlOption = Annotated[Path | None, typer.Option(help="Write the HTML report here.")]
FormatOption = Annotated[report.Format, typer.Option("--format", help="What to print.")]


@app.command("list", epilog="Example: autograder list conv_as_matrix")
def list_(slug: SlugArgument = None) -> None:
    """Show the assignments; or one of them: its tasks, limits and places."""
    course, layout = _course()
    if slug is None:
        _OUT.print(overview.assignments(course))
        return
    for table in overview.details(layout, selection.assignment(course, slug)):
        _OUT.print(table)


@app.command(epilog="Example: autograder check conv_as_matrix --task im2col")
def check(
    slug: SlugArgument = None,
    path: PathArgument = None,
    task: Annotated[list[str] | None, typer.Option(help="Only this task; repeatable.")] = None,
    isolation: TierOption = None,
    device: DeviceOption = Device.CPU,
    data: DataOption = None,
    data_folder: DataFolderOption = None,
) -> None:
    """Run the public checks on your work: the score so far, and what stays hidden."""
    course, layout = _course()
    slug, path = selection.name_or_path(course, slug, path)
    slugs = selection.slugs(course, layout, slug, path)
    manner = Manner(
        tiers=allowed_tiers(isolation, course.isolation.check),
        device=device.value,
        hidden=False,
        tasks=selection.tasks(course, slugs, task or ()),
        data=data,
    )
    work = {one: collect(path or layout.stub(one), course.assignment(one)) for one in slugs}
    with _launcher(course, slugs, data_folder) as launcher:
        desk = Desk(course, layout, launcher)
        earned = [_check(desk, one, submission, manner) for one, submission in work.items()]
    _exit(all(earned))


@app.command(epilog="Example: autograder grade conv_as_matrix work.zip --html report.html")
def grade(
    slug: Annotated[str, typer.Argument(help="An assignment, as `autograder list` names it.")],
    path: Annotated[Path, typer.Argument(help="A folder, a .py file or a zip.")],
    report_file: ReportOption = None,
    html: HtmlOption = None,
    form: FormatOption = report.Format.TEXT,
    device: DeviceOption = Device.CPU,
    isolation: TierOption = None,
    data: DataOption = None,
    data_folder: DataFolderOption = None,
    reveal: Annotated[
        bool, typer.Option("--reveal", help="For TAs: hidden checks with their full messages.")
    ] = False,
) -> None:
    """Grade a submission with the public and the hidden checks."""
    course, layout = _course()
    submission = collect(path, selection.assignment(course, slug))
    for file in filter(None, (report_file, html)):
        require_writable(file)
    manner = Manner(
        tiers=allowed_tiers(isolation, course.isolation.grade),
        device=device.value,
        with_figures=html is not None,
        data=data,
    )
    with _launcher(course, [slug], data_folder) as launcher:
        desk = Desk(course, layout, launcher)
        full = _graded(desk, slug, submission, manner, report_file)
    _publish(full if reveal else report.redact(full), report_file, html, form)
    _exit(selection.earned_everything(full))


@app.command(epilog="Example: autograder fetch mnist")
def fetch(
    name: Annotated[str, typer.Argument(help="mnist, or a classifier of torchvision.")],
    data_folder: DataFolderOption = None,
) -> None:
    """Download a data set, or the weights of a classifier, into the local data folder."""
    from autograder import data, models  # imports torch, which no other verb may do here

    if data_folder:
        os.environ["AUTOGRADER_DATA"] = str(data_folder)
    try:
        _say(f"wrote {data.fetch(name) if name == 'mnist' else models.fetch(name)}")
    except ValueError as error:
        raise ConfigError(str(error)) from None


@app.command(epilog="Example: autograder release --check")
def release(
    slug: SlugArgument = None,
    check: Annotated[bool, typer.Option("--check", help="Only compare; write nothing.")] = False,
) -> None:
    """Write the stubs and READMEs under assignments/ from solutions/."""
    course, layout = _course()
    slugs = selection.slugs(course, layout, slug)
    if not check:
        for written in tree.write(layout, course, slugs):
            _say(f"wrote {layout.shown(written)}")
        return
    differences = tree.compare(layout, course, slugs)
    for difference in differences:
        _say(str(difference))
    _exit(not differences)


@app.command(epilog="Example: autograder verify conv_as_matrix")
def verify(slug: SlugArgument = None) -> None:
    """Prove the assignments and their checks, one line for each proof."""
    course, layout = _course()
    slugs = selection.slugs(course, layout, slug)
    hold = []
    with _launcher(course, slugs) as launcher:
        for proof in proofs.verify(Desk(course, layout, launcher), slugs):
            _OUT.print(proofs.line(proof), soft_wrap=True)
            hold.append(proof.holds)
    _exit(all(hold))


@app.command(epilog="Example: autograder calibrate fgsm")
def calibrate(
    slug: Annotated[str, typer.Argument(help="An assignment, as `autograder list` names it.")],
) -> None:
    """Measure the thresholds: right and wrong answers over many seeds, into calibration.json."""
    course, layout = _course()
    selection.assignment(course, slug)
    with _launcher(course, [slug]) as launcher:
        for measurement in proofs.calibrate(Desk(course, layout, launcher), slug):
            _say(str(measurement))
    _say(f"wrote {layout.shown(layout.calibration(slug))}")


@app.command(epilog="Example: autograder doctor")
def doctor() -> None:
    """Examine this machine: Python, torch, device and every layer of the isolation."""
    examination = examine()
    for part in examination.parts():
        _OUT.print(part)
    _exit(examination.is_well)


def main() -> None:
    """Run one verb; whatever goes wrong becomes a sentence and an exit code."""
    _show_any_character()
    try:
        app(prog_name="autograder")
    except GraderFault as fault:
        _complain(f"The grader failed, not your code: {fault}\nNo score was recorded.")
        sys.exit(fault.exit_code)
    except AutograderError as error:
        _complain(str(error))
        sys.exit(error.exit_code)
    except BrokenPipeError:  # the reader of a pipe has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(_PIPE_CLOSED)
    except Exception:  # noqa: BLE001 - a bug of ours is a grader fault, never a student's loss
        _complain(f"{traceback.format_exc()}\nThe grader failed, not your code.")
        _complain("No score was recorded.")
        sys.exit(GraderFault.exit_code)


def _show_any_character() -> None:
    """Escape what the terminal's encoding lacks: a report must not fail on a name in it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _course() -> tuple[Course, Layout]:
    layout = Layout(find_root(Path.cwd()))
    return config.load(layout.grading_file), layout


def _launcher(course: Course, slugs: Sequence[str], data_folder: Path | None = None) -> Launcher:
    return Launcher(data_folder, trains=any(course.assignment(slug).trains for slug in slugs))


def _check(desk: Desk, slug: str, submission: Submission, manner: Manner) -> bool:
    result = _graded(desk, slug, submission, manner, None)
    hidden = selection.hidden_remaining(desk.layout, slug, manner.tasks)
    report.show(result, _OUT, hidden_remaining=hidden)
    return selection.earned_everything(result)


def _graded(
    desk: Desk, slug: str, submission: Submission, manner: Manner, path: Path | None
) -> Report:
    assignment = desk.course.assignment(slug)
    promised = promised_checks(desk.layout, assignment, manner)
    budgets = {check.name: assignment.task(check.task).budget_steps for check in promised}
    with Watcher(_ERR, budgets) as watcher:
        return grade_submission(
            desk, slug, submission, manner, report_path=path, listen=watcher.hear
        )


def _publish(
    result: Report, json_file: Path | None, html_file: Path | None, form: report.Format
) -> None:
    for path, write in ((json_file, report.as_json), (html_file, report.as_html)):
        if path:
            write_whole(path, write(result))
            _complain(f"wrote {path}")
    Journal.beside(json_file, "").done()
    if form is report.Format.TEXT:
        report.show(result, _OUT)
    else:
        sys.stdout.write(report.render(result, form))


def _say(line: str) -> None:
    _OUT.print(line, markup=False, highlight=False, soft_wrap=True)


def _complain(line: str) -> None:
    _ERR.print(line, markup=False, highlight=False, soft_wrap=True)


def _exit(is_well: bool) -> None:
    raise typer.Exit(0 if is_well else 1)
