"""How a fake box connects."""

import http.client
import socket
import ssl
from contextlib import suppress

from sandbox.egress.addresses import Address


class DialledOnce(http.client.HTTPConnection):
    """A connection that is dialled once, and never after it was hung up.

    A cancelled job cannot stop its thread. So the thread, in whatever step it is, must find the connection gone, and must not
    leave one behind: http.client dials again by itself where it finds none, and would send what is left of the request.
    """

    auto_open = 0
    hung_up = False

    def dial(self, address: Address, context: ssl.SSLContext | None) -> None:
        plain = socket.create_connection((str(address), self.port), self.timeout)
        self.sock = context.wrap_socket(plain, server_hostname=self.host) if context else plain
        if self.hung_up:  # while it dialled
            self.close()

    def hang_up(self) -> None:
        """Shut down and not only closed, so that a thread which still reads wakes up."""
        self.hung_up = True
        if self.sock is not None:
            with suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)
        self.close()
