"""What the servers on loopback have in common: a thread each, gone after the test."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Loopback(socketserver.ThreadingTCPServer):
    daemon_threads, allow_reuse_address = True, True

    def handle_error(self, request, client_address) -> None:
        """A client that does not trust us hangs up: that is what a test asks for."""


@contextmanager
def listening(server: socketserver.BaseServer) -> Iterator[int]:
    """The port at which it answers while this lasts."""
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with server:
        yield server.server_address[1]
        server.shutdown()
