"""The files beside the code that the browser gets: style sheets and scripts."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent


def script(name: str) -> str:
    """The text of a script of the page."""
    return (_HERE / "script" / name).read_text(encoding="utf-8")


def styles() -> str:
    """The page's style sheets, one after another in the order of their names."""
    return "\n".join(
        sheet.read_text(encoding="utf-8") for sheet in sorted((_HERE / "style").glob("*.css"))
    )
