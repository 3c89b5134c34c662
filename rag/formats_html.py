"""Web pages: the article with its title, author and date, or all visible text where there is no article."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from datetime import date
from typing import TYPE_CHECKING, Any

from rag.formats import Extracted
from rag.formats_table import LEAST_COLUMNS, row_texts
from rag.formats_text import decode

if TYPE_CHECKING:
    from lxml.etree import _Element
    from lxml.html import HtmlElement

_CHARSET = re.compile(
    rb"""<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*["']?([\w.:-]{2,40})""",
    re.IGNORECASE,
)
_CHARSET_BYTES = 4096
# An extractor that finds less than this has found a caption or a notice, not the article.
_MIN_ARTICLE_CHARS = 250
# Elements that start a new paragraph; the last line has those of trafilatura's own vocabulary.
_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details dialog div dl dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 header hr legend main nav ol option p pre section summary table ul "
    "head list quote code doc".split()
)
_LINES = frozenset({"li", "item", "tr", "row"})
_CELLS = frozenset({"td", "th", "cell"})
_BREAKS = frozenset({"br", "lb"})
_VERBATIM = frozenset({"pre", "code"})
_UNSEEN = frozenset(
    "script style noscript template svg math iframe object embed audio video canvas select button input "
    "textarea title meta link base".split()
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
# Characters that a tree cannot hold.
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
# Between two cells; the first or the last may be empty.
_BAR = re.compile(r"(?:^|\s)\|(?:\s|$)")
_PARAGRAPH, _LINE = "\x00", "\x01"


def read_html(raw: bytes) -> Extracted:
    """The text of a web page and what its metadata says."""
    from trafilatura import bare_extraction

    tree = parse(decode_html(raw))
    # Given a tree, the extractor never takes the page for an address to fetch. It changes what it is given.
    article = bare_extraction(
        deepcopy(tree), include_comments=False, include_tables=True, with_metadata=False
    )
    body = getattr(article, "body", None)
    text = "" if body is None else visible_text(body)
    if len(text) < _MIN_ARTICLE_CHARS:
        text = visible_text(tree) or text
    about = _metadata(tree)
    return Extracted(
        text=text,
        title=about.title or _words(tree.findtext(".//title")),
        author=about.author or None,
        url=_own_address(tree),
        **_published(tree),
    )


def decode_html(raw: bytes) -> str:
    """A page's characters, in the encoding that it declares if it isn't UTF-8."""
    declared = _CHARSET.search(raw[:_CHARSET_BYTES])
    return decode(raw, declared=declared[1].decode("ascii") if declared else None)


def parse(html: str) -> HtmlElement:
    """A page as a tree; broken markup is mended, no entity is fetched or expanded beyond HTML's own."""
    from lxml import html as lxml_html

    # As bytes, since lxml refuses characters that come with a declaration of their encoding.
    parser = lxml_html.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True
    )
    clean = _NO_XML.sub("", html).strip() or "<html></html>"
    return lxml_html.document_fromstring(clean.encode(), parser=parser, ensure_head_body=True)


def visible_text(root: _Element) -> str:
    """All text that a browser would show: paragraphs apart by blank lines, list items and table rows on lines."""
    from lxml import etree

    pieces: list[str] = []
    verbatim = 0
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        tag = str(element.tag)
        if event == "start":
            if _unseen(element, tag, root):
                walk.skip_subtree()
                continue
            verbatim += tag in _VERBATIM
            pieces.append(_opening(tag, element))
            pieces.append(_inside(element.text, verbatim=verbatim > 0))
            continue
        verbatim -= tag in _VERBATIM and not _unseen(element, tag, root)
        pieces.append(_PARAGRAPH if tag in _BLOCKS else "")
        if element is not root:
            pieces.append(_inside(element.tail, verbatim=verbatim > 0))
    return _laid_out("".join(pieces))


def _unseen(element: _Element, tag: str, root: _Element) -> bool:
    # "head" is a page's head in HTML, but a heading in what trafilatura returns.
    if tag in _UNSEEN or (tag == "head" and root.tag == "html"):
        return True
    return "hidden" in element.attrib or bool(_HIDDEN.search(str(element.get("style") or "")))


def _opening(tag: str, element: _Element) -> str:
    if tag in _BLOCKS:
        return _PARAGRAPH
    if tag in _LINES:
        return _LINE + ("- " if tag in ("li", "item") else "")
    if tag in _CELLS:
        return " | " if element.getprevious() is not None else ""
    return _LINE if tag in _BREAKS else ""


def _inside(words: str | None, *, verbatim: bool) -> str:
    if not words:
        return ""
    return words.replace("\n", _LINE) if verbatim else re.sub(r"[ \t\r\n\f]+", " ", words)


def _laid_out(marked: str) -> str:
    """Marks of paragraphs and lines as blank lines and line ends, none doubled, no space before or behind."""
    paragraphs = []
    for paragraph in marked.split(_PARAGRAPH):
        lines = [line.rstrip() for line in paragraph.split(_LINE)]
        lines = [line if line.startswith("  ") else line.strip() for line in lines]
        kept = [line for line in lines if line.strip(" -|")]
        if kept:
            paragraphs.append("\n".join(_table(kept) or kept))
    return "\n\n".join(paragraphs).strip()


def _table(lines: list[str]) -> list[str] | None:
    """The lines with the names of their columns, if they are the rows of a table that names three or more."""
    rows = [_BAR.split(line) for line in lines]
    if len({len(row) for row in rows}) > 1 or len(rows[0]) < LEAST_COLUMNS:
        return None
    return row_texts(rows, sure=True)


def _metadata(tree: HtmlElement) -> Any:
    from trafilatura.metadata import extract_metadata

    # Its date is not used, and finding it in the words takes long.
    return extract_metadata(deepcopy(tree), date_config={"extensive_search": False})


def _published(tree: HtmlElement) -> dict[str, Any]:
    """The day of publication from metadata alone.

    htmldate also guesses from words of the page and from copyright lines, and then does not tell; so it is shown
    only what is metadata: meta elements, linked data, and the first ``time`` of the article.
    """
    from htmldate import find_date
    from lxml import html as lxml_html

    page = lxml_html.document_fromstring("<html><head></head><body></body></html>")
    head, body = page[0], page[1]
    head.extend(deepcopy(element) for element in tree.iterfind(".//meta"))
    for script in tree.iterfind(".//script"):
        if script.get("type") == "application/ld+json" and _is_json(script.text):
            head.append(deepcopy(script))
    times = [
        element
        for place in (".//article", ".//main", ".//header")
        for element in tree.iterfind(f"{place}//time")
        if element.get("datetime")
    ]
    for element in head.iter():
        element.tail = None
    found = find_date(page, extensive_search=False, original_date=True)
    if not found and times:
        mark = deepcopy(times[0])
        mark.tail = None
        body.append(mark)
        found = find_date(page, extensive_search=False, original_date=True)
    if not found:
        return {}
    return {"published": date.fromisoformat(found), "published_from": "html"}


def _is_json(words: str | None) -> bool:
    try:
        json.loads(words or "")
    except (ValueError, RecursionError):
        return False
    return True


def _own_address(tree: HtmlElement) -> str | None:
    for path, name in (
        (".//link[@rel='canonical']", "href"),
        (".//meta[@property='og:url']", "content"),
    ):
        element = tree.find(path)
        if element is not None and element.get(name):
            return str(element.get(name))
    return None


def _words(text: str | None) -> str | None:
    return " ".join((text or "").split()) or None
