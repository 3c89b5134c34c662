"""E-books (.epub): the chapters in the order in which they are read."""

from __future__ import annotations

from collections.abc import Iterator

from rag.errors import UnreadableDocument
from rag.formats import Extracted
from rag.formats_html import decode_html, parse, visible_text
from rag.formats_zip import Parts, attribute, first_text, local_name, open_parts, resolve

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_CHAPTER_TYPES = {"application/xhtml+xml", "text/html", "application/x-dtbook+xml"}


def read_epub(raw: bytes) -> Extracted:
    """The text of a book; its table of contents is left out.

    Raises:
        UnreadableDocument: it is broken, protected or a zip bomb.
    """
    with open_parts(raw) as parts:
        package = next(
            (
                resolve("", path)
                for element in parts.xml(_CONTAINER).iter()
                if (path := attribute(element, "full-path"))
            ),
            None,
        )
        if package is None:
            raise UnreadableDocument("is broken: it names no package")
        chapters = list(dict.fromkeys(_chapters(parts, package)))
        if _protected(parts) & set(chapters):
            raise UnreadableDocument("is protected against copying (DRM)")
        texts = [visible_text(parse(decode_html(parts.read(name)))) for name in chapters]
        root = parts.xml(package)
        return Extracted(
            text="\n\n".join(text for text in texts if text),
            title=first_text(root, "title"),
            author=first_text(root, "creator"),
        )


def _chapters(parts: Parts, package: str) -> Iterator[str]:
    root = parts.xml(package)
    items = {
        attribute(element, "id"): element
        for element in root.iter()
        if local_name(element) == "item"
    }
    for reference in root.iter():
        if local_name(reference) != "itemref":
            continue
        item = items.get(attribute(reference, "idref"))
        href = None if item is None else attribute(item, "href")
        if item is None or href is None:
            raise UnreadableDocument("is broken: a chapter is missing from its list of parts")
        is_contents = "nav" in (attribute(item, "properties") or "").split()
        if attribute(item, "media-type") in _CHAPTER_TYPES and not is_contents:
            yield resolve(package, href)


def _protected(parts: Parts) -> set[str]:
    if _ENCRYPTION not in parts:
        return set()
    uris = [attribute(element, "URI") for element in parts.xml(_ENCRYPTION).iter()]
    return {resolve("", uri) for uri in uris if uri}
