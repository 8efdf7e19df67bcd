"""The sockets themselves: the one module that knows the inside of the Socket.IO server.

What it uses of the library beyond its documented interface is held to it by tests/realtime/test_inside.py.
"""

import logging
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import engineio.packet
import engineio.socket
from engineio.exceptions import SocketIsClosedError
from socketio.packet import EVENT

from app.realtime.messages import Message, StatsSnapshot

log = logging.getLogger(__name__)

NAMESPACE = "/"
MOST_WAITING = 64
"""Packets that may be left over from earlier turns; a screen with more of them does not read."""
FRAMES_A_MINUTE = 100
"""What one socket may say; a screen says one word at the start and one for each gap."""
SIGN_IN_WITHIN = 10.0
GOODBYE = 2.0


class CarefulPacket(engineio.packet.Packet):
    """A packet that is not one ends the connection; the library would end the request with a traceback instead."""

    def decode(self, encoded_packet: Any) -> None:
        try:
            super().decode(encoded_packet)
        except (ValueError, RecursionError):
            self.packet_type, self.data, self.binary = engineio.packet.CLOSE, None, False


class CarefulSocket(engineio.socket.Socket):
    """A socket that is closed at once; the library would wait for ever until the other side has read everything."""

    def close(self, wait: bool = False, abort: bool = False, reason: str | None = None) -> None:
        super().close(wait=False, abort=abort, reason=reason)


engineio.packet.Packet = CarefulPacket
engineio.socket.Socket = CarefulSocket


class Sockets:
    """Every socket of one server, signed in or not."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self._encoded: dict[str, tuple[StatsSnapshot, Any]] = {}
        self._hear = server.eio.handlers["message"]
        server.eio.on("message", self._on_frame)

    def send(self, message: Message, room: str) -> None:
        """Send one message to everybody in a room; it is encoded once, and nobody's trouble is another's."""
        packet = self._packet(message)
        for _, engine_sid in self._members(room):
            socket = self._server.eio.sockets.get(engine_sid)
            if socket is not None and not socket.closed:
                with suppress(SocketIsClosedError):
                    socket.send(packet)

    def is_connected(self, sid: str) -> bool:
        """Whether a socket has come in and is not on its way out."""
        return bool(self._server.manager.is_connected(sid, NAMESPACE))

    def end(self, sid: str) -> None:
        """Send a screen away: it hears nothing more, and is cut off if it does not go by itself."""
        engine_sid = self._server.manager.eio_sid_from_sid(sid, NAMESPACE)
        with suppress(SocketIsClosedError):
            self._server.disconnect(sid)
        if socket := self._server.eio.sockets.get(engine_sid):
            # Not now: a polling screen would never fetch the word that it was sent away.
            self._server.start_background_task(self._close_later, socket)

    def sweep(self) -> list[str]:
        """Cut off who does not read and who never signs in; return the ids of sockets that are gone unnoticed."""
        moment = time.monotonic()
        for engine_sid, socket in list(self._server.eio.sockets.items()):
            opened = socket.session.setdefault("opened", moment)
            if socket.queue.qsize() > MOST_WAITING:
                self._cut(socket, f"{socket.queue.qsize()} packets wait for it")
            elif moment - opened > SIGN_IN_WITHIN and not self._signed_in(engine_sid):
                self._cut(socket, "it did not sign in")
        gone = [sid for sid, engine_sid in self._members(None) if engine_sid not in self._server.eio.sockets]
        for sid in gone:
            self._server.manager.disconnect(sid, NAMESPACE)
        return gone

    def _members(self, room: str | None) -> Iterable[tuple[str, str]]:
        with suppress(KeyError):
            return list(self._server.manager.get_participants(NAMESPACE, room))
        return ()

    def _signed_in(self, engine_sid: str) -> bool:
        return self._server.manager.sid_from_eio_sid(engine_sid, NAMESPACE) is not None

    def _packet(self, message: Message) -> Any:
        if not isinstance(message, StatsSnapshot):
            return self._encode(message)
        # A crowd that comes back asks for the same snapshot; its epoch names the room.
        kept = self._encoded.get(message.epoch)
        if kept is None or kept[0] is not message:
            kept = self._encoded[message.epoch] = (message, self._encode(message))
        return kept[1]

    def _encode(self, message: Message) -> Any:
        event = self._server.packet_class(EVENT, namespace=NAMESPACE, data=[message.name, message.payload()])
        return engineio.packet.Packet(engineio.packet.MESSAGE, event.encode())

    def _on_frame(self, engine_sid: str, data: object) -> None:
        socket = self._server.eio.sockets.get(engine_sid)
        if socket is None:
            return
        if not _may_speak(socket.session):
            self._cut(socket, "it talks too much")
            return
        try:
            if not isinstance(data, str):
                raise ValueError("binary")
            self._hear(engine_sid, data)
        except Exception as error:
            self._cut(socket, f"it is not understood ({type(error).__name__})")

    def _cut(self, socket: Any, why: str) -> None:
        if not socket.closed:
            log.info("socket %s is cut off: %s", socket.sid, why)
            with suppress(SocketIsClosedError):
                socket.close(abort=True, reason=self._server.reason.SERVER_DISCONNECT)

    def _close_later(self, socket: Any) -> None:
        self._server.sleep(GOODBYE)
        if not socket.closed:
            with suppress(SocketIsClosedError):
                socket.close(reason=self._server.reason.SERVER_DISCONNECT)


def _may_speak(session: dict[str, Any]) -> bool:
    moment = time.monotonic()
    began, count = session.get("frames", (moment, 0))
    if moment - began > 60:
        began, count = moment, 0
    session["frames"] = (began, count + 1)
    return bool(count < FRAMES_A_MINUTE)
