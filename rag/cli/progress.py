"""Progress bars on stderr; none where nobody watches."""

from __future__ import annotations

from typing import Any

from rag.intake import Progress


def progress_bar(what: str, unit: str, *, total: int | None = None, initial: int = 0) -> Any:
    """A bar that goes away when it is done; a context manager."""
    from tqdm import tqdm

    return tqdm(desc=what, unit=unit, total=total, initial=initial, disable=None, leave=False)


def follow(bar: Any) -> Progress:
    """A function that is told how many of how many are done, and moves the bar."""

    def show(done: int, total: int) -> None:
        bar.total = total
        bar.update(done - bar.n)

    return show
