"""What the servers on loopback have in common: a thread each, gone after the test."""

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from aiosmtpd.controller import Controller


class Loopback(socketserver.ThreadingTCPServer):
    daemon_threads, allow_reuse_address = True, True

    def handle_error(self, request, client_address) -> None:
        """A client that does not trust us hangs up: that is what a test asks for."""


class SmtpDoor(Controller):
    """Opens at a port the system picks at that moment: one picked before may be taken by then."""

    def __init__(self, keeper: object) -> None:
        super().__init__(keeper, hostname="127.0.0.1", port=0, ready_timeout=60)

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def smtp_door(keeper: object) -> Iterator[int]:
    """The port at which `keeper` hears letters, by aiosmtpd's rules, while this lasts."""
    door = SmtpDoor(keeper)
    door.start()
    try:
        yield door.port
    finally:
        door.stop()


@contextmanager
def listening(server: socketserver.BaseServer) -> Iterator[int]:
    """The port at which it answers while this lasts."""
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with server:
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()


@contextmanager
def no_connection() -> Iterator[int]:
    """A port where nobody is refused and nobody is let in, as behind a firewall that drops."""
    with ExitStack() as held:
        door = held.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):  # its queue is full before the caller comes
            caller = held.enter_context(socket.socket())
            caller.setblocking(False)
            with suppress(BlockingIOError):
                caller.connect(door.getsockname())
        yield door.getsockname()[1]
