"""Parts of a zipped document, with limits that a bomb runs into before anything is unpacked."""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import unquote

from rag.errors import UnreadableDocument

if TYPE_CHECKING:
    from lxml.etree import _Element

# A book of a million words is some 20 MB of XML; pictures barely shrink, so that they count as they are.
_MAX_UNPACKED = 200_000_000
# XML shrinks to a tenth or a thirtieth, long tables to a hundredth; bombs to a thousandth.
_MAX_RATIO = 250
_HARMLESS = 10_000_000
_MAX_PARTS = 10_000


class Parts:
    """The files inside a document. None is ever written to disk, and archives among them are not opened."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = {info.filename: info for info in archive.infolist()}

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def read(self, name: str) -> bytes:
        """The bytes of one part.

        Raises:
            UnreadableDocument: there is no such part, or it is damaged.
        """
        info = self._names.get(name)
        if info is None:
            raise UnreadableDocument(f"is broken: its part {name} is missing")
        try:
            # Reading stops at the size that the archive states, which has been checked.
            return self._archive.read(info)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
            raise UnreadableDocument(f"is broken: its part {name} is damaged") from error

    def xml(self, name: str) -> _Element:
        """The root element of an XML part; entities and outside files are left alone.

        Raises:
            UnreadableDocument: there is no such part, or it is damaged.
        """
        from lxml import etree

        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True
        )
        try:
            return etree.fromstring(self.read(name), parser)
        except (etree.XMLSyntaxError, ValueError) as error:
            raise UnreadableDocument(f"is broken: its part {name} is no XML") from error


@contextmanager
def open_parts(raw: bytes) -> Iterator[Parts]:
    """The parts of a zipped document.

    Raises:
        UnreadableDocument: it is broken, locked, or would unfold to something huge.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            infos = archive.infolist()
            unpacked = sum(info.file_size for info in infos)
            too_dense = unpacked > _HARMLESS and unpacked > _MAX_RATIO * len(raw)
            if len(infos) > _MAX_PARTS or unpacked > _MAX_UNPACKED or too_dense:
                raise UnreadableDocument(
                    f"would unfold to {unpacked / 1e6:.0f} MB in {len(infos)} parts, as a zip bomb does"
                )
            if any(info.flag_bits & 1 for info in infos):
                raise UnreadableDocument("is locked with a password; save it without one")
            yield Parts(archive)
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise UnreadableDocument(f"is broken or cut off ({error})") from error


def local_name(element: _Element) -> str:
    """An element's name without its name space, of which some formats have several; empty for a comment."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def attribute(element: _Element, name: str) -> str | None:
    """An attribute by its name without name space."""
    values = [value for key, value in element.attrib.items() if _plain(key) == name]
    return str(values[0]) if values else None


def first_text(root: _Element, name: str) -> str | None:
    """The words of the first element of a name that has any."""
    for element in root.iter():
        if local_name(element) == name:
            words = " ".join(str(element.text or "").split())
            if words:
                return words
    return None


def resolve(base: str, href: str) -> str:
    """The part that a reference in another part means."""
    path = unquote(href.partition("#")[0])
    if path.startswith("/"):
        return path.lstrip("/")
    return posixpath.normpath(posixpath.join(posixpath.dirname(base), path))


def _plain(key: str | bytes) -> str:
    return str(key).rpartition("}")[2]
