"""A scripted pipeline over the seed documents, and short ways to make documents and answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from rag import (
    Answer,
    AnswerEvent,
    Chunk,
    Citation,
    Claim,
    ClaimChecked,
    Delta,
    Disagreement,
    Document,
    Finished,
    ModelInfo,
    Passage,
    Quote,
    RagError,
    Retrieved,
    Timings,
    Turn,
)

SEEDS = Path(__file__).parents[2] / "seeds"

HOSTILE_TEXT = (
    "Ordinary first line.\n\n<script>window.harmed = 1</script>"
    "<img src=x onerror='window.harmed = 1'>\n"
    '<button class="sb-open" value="quote:1:1">[1]</button> [1] **bold** '
    "[link](javascript:alert(1)) </div></article> {{value}} ${window.harmed = 1} $$x^2$$ "
    "<mark>forged</mark> &lt;kept&gt;\n\n# heading\n\nLast line."
)


def day(year: int, month: int, number: int) -> date:
    """A date."""
    return date(year, month, number)


def document(name: str, text: str, *, title: str = "", published: date | None = None) -> Document:
    """A document as ingest would have it."""
    return Document(
        id=f"{abs(hash(name)):012x}"[:12],
        source=name,
        title=title or text.strip().splitlines()[0][:80],
        text=text,
        sha256="0" * 64,
        published=published,
        published_from="header" if published else None,
    )


def quote(source: Document, words: str) -> Quote:
    """The span of a document that says these words."""
    start = source.text.index(words)
    return Quote(document=source, start=start, end=start + len(words))


def claim(text: str, *citations: tuple[int, Quote]) -> Claim:
    """A supported claim."""
    return Claim(
        text=text,
        citations=tuple(Citation(number=number, quote=cited) for number, cited in citations),
        support=0.9,
        verdict="supported",
    )


def failed(text: str, *citations: tuple[int, Quote], reason: str) -> Claim:
    """A sentence that did not pass its check."""
    return replace(claim(text, *citations), support=0.1, verdict="unsupported", reason=reason)


def passages(quotes: Sequence[Quote]) -> tuple[Passage, ...]:
    """A passage around each quote."""
    return tuple(
        Passage(
            chunk=Chunk(
                id=f"c{rank}", document_id=found.document.id, start=found.start, end=found.end
            ),
            document=found.document,
            score=1 / rank,
            rank=rank,
        )
        for rank, found in enumerate(quotes, start=1)
    )


def answered(question: str, claims: Sequence[Claim], quotes: Sequence[Quote]) -> Answer:
    """An answer made of these claims."""
    days = [citation.quote.document.published for made in claims for citation in made.citations]
    return Answer(
        question=question,
        standalone_question=question,
        claims=tuple(claims),
        passages=passages(quotes),
        as_of=max((value for value in days if value), default=None),
        timings=Timings(retrieve_s=0.1, first_token_s=1.2, total_s=4.6),
        model=ModelInfo(name="scripted", sha256="0" * 64),
    )


@dataclass
class ScriptedPipeline:
    """Answers by script: words of the question choose it, `pace` is the time for a word.

    Attributes:
        closed: Times at which a running answer was closed early.
        working: How many answers are being written right now, and the most there ever were at once.
    """

    library: tuple[Document, ...]
    scripts: dict[str, Callable[[str], Iterator[AnswerEvent]]] = field(default_factory=dict)
    pace: float = 0.01
    closed: list[float] = field(default_factory=list)
    histories: list[tuple[Turn, ...]] = field(default_factory=list)
    filters: list[dict[str, Any]] = field(default_factory=list)
    working: int = 0
    most_working: int = 0

    def documents(self) -> tuple[Document, ...]:
        return self.library

    def stream(
        self, question: str, history: Sequence[Turn] = (), **filters: Any
    ) -> Iterator[AnswerEvent]:
        self.histories.append(tuple(history))
        self.filters.append(filters)
        script = next(script for word, script in self.scripts.items() if word in question)
        self.working += 1
        self.most_working = max(self.most_working, self.working)
        try:
            yield from script(question)
        except GeneratorExit:
            self.closed.append(time.monotonic())
            raise
        finally:
            self.working -= 1

    def write(
        self, question: str, claims: Sequence[Claim], quotes: Sequence[Quote]
    ) -> Iterator[AnswerEvent]:
        """The events of an ordinary answer."""
        time.sleep(self.pace * 5)
        yield Retrieved(
            passages=passages(quotes), quotes=tuple(quotes), standalone_question=question
        )
        time.sleep(self.pace * 5)
        for made in claims:
            numbers = "".join(f"[{citation.number}]" for citation in made.citations)
            for word in f"{made.text} {numbers} ".split(" "):
                time.sleep(self.pace)
                yield Delta(text=f"{word} ")
            yield ClaimChecked(claim=made)
        standing = [made for made in claims if made.verdict == "supported"]
        dropped = tuple(made for made in claims if made.verdict == "unsupported")
        yield Finished(answer=replace(answered(question, standing, quotes), dropped=dropped))


def refusing(question: str, near: Quote, missing: str) -> Iterator[AnswerEvent]:
    """The events of a refusal, with one passage that is near."""
    yield Retrieved(passages=passages((near,)), quotes=(), standalone_question=question)
    yield Finished(
        answer=Answer(
            question=question,
            standalone_question=question,
            passages=passages((near,)),
            refused=True,
            refusal_reason="not_stated",
            missing=missing,
        )
    )


def scripted() -> ScriptedPipeline:
    """A pipeline that knows about Wagner, ships and nothing else, and has a hostile document."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in sorted(SEEDS.glob("*.txt"))}
    dates = {"000": date(2024, 3, 27), "003": date(2021, 4, 11), "004": date(2025, 6, 10)}
    seeds = {
        name[:3]: document(name, text, published=dates.get(name[:3]))
        for name, text in texts.items()
    }
    hostile = document("hostile.txt", HOSTILE_TEXT, title="<b>Hostile</b> {{value}}")
    pipeline = ScriptedPipeline(library=(*seeds.values(), hostile))

    stays = quote(
        seeds["004"],
        "The Kremlin-controlled paramilitary force will remain in Mali after Wagner's departure.",
    )
    corps = quote(seeds["001"], "it will continue its operations in Mali")
    ships = quote(
        seeds["004"],
        "Satellites images reviewed by Associated Press found that ships carrying weapons docked",
    )
    arms = quote(
        seeds["002"],
        "Together with China, Russia remains one of the leading suppliers of arms to the",
    )
    harm = quote(hostile, HOSTILE_TEXT[22:-12])

    def wagner(question: str) -> Iterator[AnswerEvent]:
        claims = [
            claim(
                "The Africa Corps, which the Kremlin controls, will remain in Mali.",
                (1, stays),
                (2, corps),
            ),
            claim("It said so on its Telegram channel.", (2, corps)),
        ]
        return pipeline.write(question, claims, (stays, corps, arms))

    def docking(question: str) -> Iterator[AnswerEvent]:
        return pipeline.write(
            question,
            [claim("Ships with weapons docked in Conakry, Guinea.", (1, ships))],
            (ships, arms),
        )

    def long(question: str) -> Iterator[AnswerEvent]:
        claims = [
            claim(f"Sentence {number} of a long answer that takes its time.", (1, arms))
            for number in range(200)
        ]
        return pipeline.write(question, claims, (arms,))

    def refuse(question: str) -> Iterator[AnswerEvent]:
        return refusing(question, arms, "a document that states the population of Guinea")

    def failing(question: str) -> Iterator[AnswerEvent]:
        wrong = failed("Ships docked in Paris.", (1, ships), reason="“Paris” is not in the quotes")
        return pipeline.write(
            question,
            [wrong, claim("Ships with weapons docked in Conakry, Guinea.", (1, ships))],
            (ships, arms),
        )

    def differing(question: str) -> Iterator[AnswerEvent]:
        understood = "Will Russian forces stay in Mali after Wagner leaves?"
        made = claim("The Africa Corps will remain in Mali.", (1, stays))
        sides = claim("", (1, stays), (2, corps)).citations
        quotes = (stays, corps, arms)
        yield Retrieved(passages=passages(quotes), quotes=quotes, standalone_question=understood)
        yield Delta(text=made.text)
        yield ClaimChecked(claim=made)
        yield Finished(
            answer=replace(
                answered(question, [made], quotes),
                standalone_question=understood,
                disagreements=(
                    Disagreement(
                        about="who stays",
                        citations=sides,
                        text="Sources differ: “the force will remain” (One, 10 June 2025) [1] — "
                        "“it will continue” (Two, no date) [2].",
                    ),
                ),
                flagged=(hostile.id,),
                passages=(*passages(quotes), *passages((harm,))),
            )
        )

    def attack(question: str) -> Iterator[AnswerEvent]:
        return pipeline.write(
            question, [claim(f"The file says: {HOSTILE_TEXT}", (1, harm))], (harm,)
        )

    def sleep(question: str) -> Iterator[AnswerEvent]:
        yield Retrieved(passages=passages((arms,)), quotes=(arms,), standalone_question=question)
        time.sleep(6)
        yield Delta(text="Too late")

    pipeline.scripts = {
        "Wagner": wagner, "ships": docking, "long": long, "population": refuse, "hostile": attack,
        "Paris": failing, "differ": differing,
        "slow": sleep, "fail": fail,
    }  # fmt: skip
    return pipeline


def fail(question: str) -> Iterator[AnswerEvent]:
    """A model that cannot be loaded."""
    if question:
        raise RagError("The model is not on this machine. Get it: rag models pull")
    yield Delta(text="")
