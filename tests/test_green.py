"""What the server's own start promises."""

import socket
import subprocess
import sys
import time

from app.config import ROOT
from tests.support.server import free_port

SERVE = """
import eventlet
eventlet.monkey_patch()
from app import green
green.use("eventlet")
green.serve(lambda environ, start: [], None, host="127.0.0.1", port=%d, cert=None, key=None)
"""


def test_a_second_server_on_the_port_is_refused():
    port = free_port()
    argv = [sys.executable, "-W", "ignore", "-c", SERVE % port]
    with subprocess.Popen(argv, cwd=ROOT, stderr=subprocess.PIPE, text=True) as first:
        wait_until_open(port)
        second = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
        first.terminate()
        first.communicate()
    assert second.returncode != 0
    assert "already in use" in second.stderr


def wait_until_open(port):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("the server did not open its port")
