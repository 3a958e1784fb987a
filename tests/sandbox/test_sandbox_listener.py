"""How the embedded registry listens."""

from __future__ import annotations

import socket

from regexplore.sandbox.listener import Listener


def test_answers_do_not_wait_for_acknowledgements() -> None:
    listener = Listener(0)
    try:
        # What a connection inherits; on the wire it shows as 40 ms for each answer of more than one packet.
        assert listener._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    finally:
        listener.stop()
