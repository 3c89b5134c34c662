"""Exchanges in every state, and what a reader would see of some HTML."""

from __future__ import annotations

from html.parser import HTMLParser

from rag import Answer, Claim, Delta, Finished, Quote, Retrieved
from tests.ui.scripted import answered, claim, day, document, failed, passages, quote
from ui.chat.advance import advance, begin
from ui.chat.view import Exchange

BRIDGE = document(
    "bridge.txt", "The bridge reopened in May. It had two cracks.", published=day(2019, 3, 5)
)
FERRY = document("ferry.txt", "Ferries ran. The bridge reopened in May. Nobody cheered.")
KNOWN = {BRIDGE.id: BRIDGE, FERRY.id: FERRY}
REOPENED = quote(BRIDGE, "The bridge reopened in May.")
ALSO = quote(FERRY, "The bridge reopened in May.")
CRACKS = quote(BRIDGE, "It had two cracks.")


class Page(HTMLParser):
    """Tags, visible text and button values of some HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.values: list[str] = []
        self.attributes: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        self.values += [value or "" for name, value in attrs if name == "value"]

    def handle_data(self, data: str) -> None:
        self.text += data


def failed_claim(text: str, *quotes: tuple[int, Quote], reason: str = "not in the quotes") -> Claim:
    """A sentence that did not pass its check."""
    return failed(text, *quotes, reason=reason)


def found(number: int = 1, question: str = "When?") -> Exchange:
    """A question whose passages were found."""
    event = Retrieved(
        passages=passages((REOPENED, CRACKS)),
        quotes=(REOPENED, CRACKS),
        standalone_question=question,
    )
    return advance(begin(Exchange(number=number, question=question), 0.1), event, 0.3)


def finished(number: int = 1) -> Exchange:
    """A question that was answered."""
    answer = answered("When?", [claim("It reopened in May.", (2, REOPENED))], (REOPENED, CRACKS))
    return advance(found(number), Finished(answer=answer), 2.0)


def written(text: str, number: int = 1) -> Exchange:
    """A question whose answer is being written."""
    return advance(found(number), Delta(text=text), 1.0)


def refused(number: int = 1) -> Exchange:
    """A question that the documents do not answer."""
    answer = Answer(
        question="Who?",
        standalone_question="Who?",
        claims=(claim("A forged claim.", (1, REOPENED)),),
        passages=passages((REOPENED,)),
        refused=True,
        refusal_reason="no_evidence",
        missing="Nothing about who <paid>",
    )
    return advance(found(number), Finished(answer=answer), 2.0)
