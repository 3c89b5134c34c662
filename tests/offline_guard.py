"""Runs a module with every look outside this machine turned into an error that cannot be missed.

    python tests/offline_guard.py rag ask "…"

Prints what was tried to stderr and exits 99 if anything was.
"""

import ipaddress
import os
import runpy
import sys
from typing import Any

tried: list[str] = []


def _is_here(host: object) -> bool:
    if host in (None, "", "localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback or str(host) == "0.0.0.0"
    except ValueError:
        return False


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect":
        address = arguments[1]
        # A string is the path of a Unix socket.
        host = address[0] if isinstance(address, tuple) else None
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if not _is_here(host):
        tried.append(f"{event} {host}")
        raise OSError(f"the outside was looked for: {event} {host}")


sys.addaudithook(_watch)
module, sys.argv = sys.argv[1], sys.argv[1:]
code: object = 0
try:
    runpy.run_module(module, run_name="__main__", alter_sys=True)
except SystemExit as end:
    code = end.code
if tried:
    print("OUTSIDE:", *tried, file=sys.stderr)
    sys.stderr.flush()
    os._exit(99)
sys.exit(code)  # type: ignore[arg-type]
