"""Whether a file is still what it was, judged from outside, without reading it."""

from __future__ import annotations

import os
import time

# File systems keep time in steps of up to two seconds: of a file changed within one, a later change may not show.
_SETTLED_NS = 2_000_000_000


def stamp(status: os.stat_result) -> str | None:
    """Differs whenever the file has changed since; ``None`` if it changed too lately to say.

    A copy may keep the time of its content, but not that of its entry in the folder, so both count.
    """
    newest = max(status.st_mtime_ns, status.st_ctime_ns)
    if time.time_ns() - newest < _SETTLED_NS:
        return None
    return f"{status.st_size}:{status.st_mtime_ns}:{status.st_ctime_ns}"
