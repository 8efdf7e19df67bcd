"""The only module besides wsgi.py that knows which async mode runs."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_mode = "threading"


def use(mode: str) -> None:
    """Say once, at start, which async mode the process runs in."""
    global _mode
    _mode = mode


def mode() -> str:
    """The async mode of this process: `threading` for everything but a web process that said otherwise."""
    return _mode


def run_blocking(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run CPU-bound work that releases the interpreter lock without holding up every socket of the process."""
    if _mode == "eventlet":
        from eventlet import tpool

        result: T = tpool.execute(work, *args, **kwargs)
        return result
    if _mode == "gevent":
        import gevent

        pooled: T = gevent.get_hub().threadpool.apply(work, args, kwargs)
        return pooled
    return work(*args, **kwargs)


def spawn(work: Callable[P, Any], *args: P.args, **kwargs: P.kwargs) -> None:
    """Run something beside everything else; safe to call from a signal handler."""
    if _mode == "eventlet":
        import eventlet

        eventlet.spawn_n(work, *args, **kwargs)
    elif _mode == "gevent":
        import gevent

        gevent.spawn(work, *args, **kwargs)
    else:
        threading.Thread(target=work, args=args, kwargs=kwargs, daemon=True).start()


def limit_messages(server: Any, most: int) -> None:
    """Bound what one message of a websocket may hold in memory; the libraries bound each of its frames, or nothing."""
    if _mode == "eventlet":
        from eventlet import websocket

        class Bounded(websocket.RFC6455WebSocket.Message):
            size = 0

            def push(self, data: bytes, final: bool = False) -> None:
                self.size += len(data) + 16  # an empty frame costs something too
                if self.size > 2 * most:
                    raise websocket.FailedConnectionError(1009, "The message is too big.")
                super().push(data, final)

        websocket.RFC6455WebSocket.Message = Bounded
    elif _mode == "threading":
        limited = partial(server.eio._async["websocket"], max_message_size=most)
        server.eio._async = {**server.eio._async, "websocket": limited}


def serve(app: Any, socketio: Any, *, host: str, port: int, cert: str | None, key: str | None) -> None:
    """Serve until the process is told to stop.

    Eventlet's own server is started here and not by `socketio.run()`, whose defaults hold 1,024
    requests and a backlog of 50: with them a thousand open screens stop the whole site.
    """
    if _mode == "eventlet":
        import eventlet
        import eventlet.wsgi

        listener = eventlet.listen((host, port), backlog=4096, reuse_port=False)
        if cert and key:
            listener = eventlet.wrap_ssl(listener, certfile=cert, keyfile=key, server_side=True)
        eventlet.wsgi.server(
            listener, app, max_size=20_000, socket_timeout=60, log_output=False, debug=False, keepalive=True
        )
        return
    options: dict[str, Any] = {"ssl_context": (cert, key)} if cert and key else {}
    if _mode == "gevent" and options:
        options = {"certfile": cert, "keyfile": key}
    if _mode == "threading":
        options["allow_unsafe_werkzeug"] = True
    socketio.run(app, host=host, port=port, **options)
