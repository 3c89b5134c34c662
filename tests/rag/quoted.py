"""Quotes that are a whole document, for tests of what is made of them."""

from datetime import date

from rag import Document, Quote


def quote(text: str, published: date | None = None) -> Quote:
    document = Document(
        id=text,
        source="d.txt",
        title="T",
        text=text,
        sha256="0" * 64,
        published=published,
        published_from="header" if published else None,
    )
    return Quote(document=document, start=0, end=len(text))
