"""The web process: `python wsgi.py` serves a migrated database; with `--migrate` it brings it up to date first."""

import gc
import os
import sys
import warnings

# What is loaded at the start is kept for good: searching it for garbage would take a fifth of the start.
gc.disable()

ASYNC_MODE = os.environ.get("ASYNC_MODE") or "eventlet"
# Before anything else is imported: what is loaded earlier keeps the blocking versions.
if ASYNC_MODE == "eventlet":
    # Eventlet's own deprecation notice; leaving it is the setting ASYNC_MODE (ARCHITECTURE.md).
    warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
    # Names are looked up by the system, not by eventlet's own resolver, which takes a quarter of a second to load.
    os.environ.setdefault("EVENTLET_NO_GREENDNS", "yes")
    import eventlet

    eventlet.monkey_patch()
elif ASYNC_MODE == "gevent":
    from gevent import monkey

    monkey.patch_all()

from app.serve import build, serve  # noqa: E402

app = build()
gc.freeze()
gc.enable()

if __name__ == "__main__":
    serve(app, migrate="--migrate" in sys.argv[1:])
