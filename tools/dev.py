"""The one program behind `make`: setup, run, test, bench, demo, check.

    python3 tools/dev.py run

Standard library only. It builds .venv in the checkout when it is missing, so Python is all that must be there.
"""

# This file must at least compile on an old Python 3, to be able to say that it is too old.
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OLDEST, NEWEST = (3, 11), (3, 13)


def use_a_fitting_python() -> None:
    """Go on with a Python that the locked packages are made for, or say in one sentence which one to install."""
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return
    here = os.path.join(ROOT, ".venv", "bin", "python")
    for name in (here, "python3.13", "python3.12", "python3.11"):
        probe = f"import sys; sys.exit(not ({OLDEST} <= sys.version_info[:2] <= {NEWEST}))"
        try:
            fits = subprocess.call([name, "-c", probe], stderr=subprocess.DEVNULL) == 0
        except OSError:
            fits = False
        if fits:
            sys.stdout.flush()
            os.execvp(name, [name, os.path.abspath(__file__)] + sys.argv[1:])
    sys.exit(
        "SchoolPulse needs Python 3.11, 3.12 or 3.13; this is {}.{}. On Debian or Ubuntu: "
        "sudo apt install python3 python3-venv".format(*sys.version_info[:2])
    )


if __name__ == "__main__":
    use_a_fitting_python()
    sys.path[0] = ROOT
    from tools.commands import main

    sys.exit(main(sys.argv[1:]))
