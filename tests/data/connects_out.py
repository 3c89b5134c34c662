"""Tries to reach an address that is reserved for documentation."""

import contextlib
import socket

with contextlib.suppress(OSError), socket.socket() as outside:
    outside.settimeout(1)
    outside.connect(("192.0.2.1", 80))
