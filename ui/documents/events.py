"""How the parts about documents listen to the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Everybody may touch several things at once, and each counts.
QUIET: Mapping[str, Any] = {
    "queue": False,
    "show_progress": "hidden",
    "api_visibility": "private",
    "trigger_mode": "multiple",
}
