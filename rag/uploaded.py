"""How the folder of uploads is laid out, as far as deleting from it goes; the chat fills it."""

from __future__ import annotations

from pathlib import Path

#: Folder of versions that are kept until it is known whether what replaces them can be read. It begins with a
#: dot, so that nothing in it is taken for a document.
ASIDE = ".aside"


def discard_upload(folder: Path, path: Path) -> None:
    """Delete an upload, what is kept aside of it, and folders that are empty then.

    Args:
        folder: The folder of uploads.
        path: A file in it.

    Raises:
        OSError: a file cannot be deleted.
    """
    # What is aside goes first: without the other it would be put back in its place.
    for one in (folder / ASIDE / path.relative_to(folder), path):
        one.unlink(missing_ok=True)
        tidy_uploads(folder, one.parent)


def tidy_uploads(folder: Path, emptied: Path) -> None:
    """Delete a folder and those above it, as far as they are empty and lie in the folder of uploads."""
    while emptied != folder and emptied.is_relative_to(folder):
        try:
            emptied.rmdir()
        except OSError:  # not empty, or not there
            if emptied.exists():
                return
        emptied = emptied.parent
