"""Files that people hand over in the browser, kept under the data folder so that they can be read again."""

from __future__ import annotations

import os
import re
import shutil
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from rag import StorageError, UnreadableDocument
from rag.uploaded import ASIDE, tidy_uploads

Kind: TypeAlias = Literal["new", "version", "same"]

_UNFIT = re.compile(r'[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069<>:"|?*]')
_LONGEST_PART = 200  # bytes; file systems take 255, and what was there before gets a longer name
_DEEPEST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that has been put in its place.

    Attributes:
        name: Path below the folder of uploads, with forward slashes.
        kind: Whether a file of this name was there before, and with what content.
    """

    path: Path
    name: str
    kind: Kind


class Uploads:
    """The folder of uploads. Threads may share one."""

    def __init__(self, folder: Path) -> None:
        """``folder`` is made when the first file comes."""
        self.folder = folder.resolve()
        self._turn = threading.RLock()

    def take(self, file: Path, name: str, modified: float | None = None) -> Upload:
        """Move a file to its place; one of the same name is kept aside until `settle`.

        Args:
            file: Where it lies now.
            name: What the browser calls it, folders included; not to be trusted.
            modified: When it was last changed where it came from, in seconds since 1970.

        Raises:
            UnreadableDocument: there is no place for it; the message is the reason alone.
            StorageError: the folder cannot be written to, or the disk is full.
        """
        with self._turn:
            return self._take(file, safe_name(name), modified)

    def _take(self, file: Path, name: str, modified: float | None) -> Upload:
        path = self.folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.parent.resolve().is_relative_to(self.folder):
                raise UnreadableDocument("has a folder that leads elsewhere; rename it")
            path = path.parent.resolve() / path.name
            if path.is_dir():
                raise UnreadableDocument("has the name of a folder that is there; rename it")
            if modified is not None:
                with suppress(OSError, OverflowError, ValueError):
                    os.utime(file, (modified, modified))
            kind: Kind = "new"
            if path.exists():
                kind = "same" if _equal(file, path) else "version"
            if kind == "same":
                file.unlink()
                return Upload(path=path, name=name, kind=kind)
            if kind == "version" and not self._aside(path).exists():
                self._aside(path).parent.mkdir(parents=True, exist_ok=True)
                path.replace(self._aside(path))
            shutil.move(file, path)
        except (FileExistsError, NotADirectoryError) as error:
            raise UnreadableDocument(
                "lies in a folder that has the name of a file that is there; rename it"
            ) from error
        except FileNotFoundError as error:
            raise UnreadableDocument("did not arrive; add it again") from error
        except OSError as error:
            raise StorageError(
                f"{self.folder} cannot be written to ({error.strerror or error}). Make room or make it "
                "writable, then add the files again."
            ) from error
        return Upload(path=path, name=name, kind=kind)

    def settle(self, path: Path, *, read: bool) -> None:
        """Once it is known whether an upload could be read: what could not gives way to what was there before."""
        with self._turn:
            before = self._aside(path)
            with suppress(FileNotFoundError):
                if read:
                    before.unlink()
                elif before.exists():
                    before.replace(path)
                else:
                    path.unlink()
            tidy_uploads(self.folder, before.parent)
            tidy_uploads(self.folder, path.parent)

    def files(self) -> list[Path]:
        """All uploads; what was cut off is put right before."""
        with self._turn:
            for before in list((self.folder / ASIDE).rglob("*")):
                path = self.folder / before.relative_to(self.folder / ASIDE)
                if before.is_file():
                    self.settle(path, read=path.exists())
            return sorted(
                path
                for path in self.folder.rglob("*")
                if path.is_file() and ASIDE not in path.relative_to(self.folder).parts
            )

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Nothing is taken or settled meanwhile."""
        with self._turn:
            yield

    def _aside(self, path: Path) -> Path:
        return self.folder / ASIDE / path.relative_to(self.folder)


def safe_name(name: str) -> str:
    """A relative path that leads nowhere but down, made of what a browser says.

    Raises:
        UnreadableDocument: nothing is left of it, or it is hidden.
    """
    name = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode("utf-8"))
    parts = [_UNFIT.sub("_", part).strip() for part in re.split(r"[/\\]", name)]
    parts = [part for part in parts if part not in ("", ".", "..")]
    if not parts:
        raise UnreadableDocument("has no name; rename it")
    if any(part.startswith(".") for part in parts):
        raise UnreadableDocument("is hidden (its name begins with a dot); rename it")
    if len(parts) > _DEEPEST:
        raise UnreadableDocument(f"lies more than {_DEEPEST} folders deep; move it up")
    return "/".join(_shortened(part) for part in parts)


def _shortened(part: str) -> str:
    """At most so many bytes, the ending kept."""
    if len(part.encode()) <= _LONGEST_PART:
        return part
    suffix = Path(part).suffix
    suffix = suffix if len(suffix.encode()) <= 20 else ""
    stem = part.removesuffix(suffix)
    room = _LONGEST_PART - len(suffix.encode())
    return stem.encode()[:room].decode("utf-8", "ignore").rstrip() + suffix


def _equal(one: Path, other: Path) -> bool:
    return one.stat().st_size == other.stat().st_size and one.read_bytes() == other.read_bytes()
