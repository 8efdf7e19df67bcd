"""The set-up as a list of steps: what is already done costs a few file reads, what is not is done once."""

from collections.abc import Callable
from dataclasses import dataclass

from tools import browser, frontend, install


@dataclass(frozen=True)
class Step:
    """One thing that must be so before a command runs: how to see that it is, and how to make it so."""

    done: Callable[[], bool]
    do: Callable[[], None]


def steps(*, dev: bool) -> list[Step]:
    """What running needs, in order; with `dev` also what testing and checking need."""
    wanted = [Step(install.venv_is_ready, install.make_venv), _requirements("requirements.txt")]
    if dev:
        wanted.append(_requirements("requirements-dev.txt"))
        wanted.append(_packages(dev=True))
    wanted.append(Step(frontend.is_published, _publish))
    return wanted


def prepare(*, dev: bool) -> None:
    """Do what is missing. Safe to interrupt, safe to start twice, silent and offline when nothing is missing."""
    if all(step.done() for step in steps(dev=dev)):
        return
    with install.alone():
        for step in steps(dev=dev):
            if not step.done():
                step.do()


def prepare_browser() -> None:
    """Make a browser ready for the tests; say so when there is none, for only some tests need it."""
    if browser.is_at_hand():
        return
    with install.alone():
        if browser.is_at_hand():
            return
        install.say("Unpacking a browser for the tests ...")
        try:
            install.command([install.PYTHON, "-m", "tools.browser"], "No browser for the browser tests:")
        except install.Stop as problem:
            install.say(str(problem))


def _requirements(name: str) -> Step:
    return Step(lambda: install.requirements_are_installed(name), lambda: install.install_requirements(name))


def _packages(*, dev: bool) -> Step:
    return Step(lambda: frontend.packages_are_installed(dev=dev), lambda: frontend.install_packages(dev=dev))


def _publish() -> None:
    if not frontend.packages_are_installed(dev=False):
        frontend.install_packages(dev=False)
    frontend.publish()
