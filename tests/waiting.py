"""Waiting for what happens in another thread."""

import time
from collections.abc import Callable

PATIENCE_S = 20


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds; fails if it does not come to that."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)
