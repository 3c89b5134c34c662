"""Whether checking tells right answers from the same answers with one thing changed.

    python -m tests.benchmarks.mutations FOLDER                 a ClapNQ or SQuAD folder (corpus.jsonl, gold.jsonl)
    python -m tests.benchmarks.mutations FOLDER --half even     the half that checking was developed on
    python -m tests.benchmarks.mutations FOLDER --show actor    what was not told apart, for reading

Right answers are the human-written reference answers (ClapNQ) or the sentence that holds the answer (SQuAD). In each
one number, one date, one name, one negation or one direction is changed, in two ways where possible: to another one of
the same passage ("near", the hard case) and to one from elsewhere ("far"). The quotes are windows of one to four
sentences around what supports the answer, as the pipeline cuts them, with one from elsewhere in the passage.
"""

from __future__ import annotations

import json
import random
import re
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from rag import Document, Quote
from rag.check import check
from rag.compose import Draft
from rag.evaluate.plots import wilson
from rag.split import Span, split_sentences
from rag.wording import content_words

_MIN_WORDS = 4
_MONTH = (
    "January February March April May June July August September October November December".split()
)
_YEAR = re.compile(r"\b1[0-9]\d\d\b|\b20[0-4]\d\b")
_MONTHS = re.compile(rf"\b(?:{'|'.join(_MONTH)})\b")
_NUMBER = re.compile(r"(?<![\d.,-])\d{1,3}(?:,\d{3})+\b|(?<![\d.,/:-])\d+(?:\.\d+)?\b(?![.,:/]?\d)")
_WORDS = {
    "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8",
    "nine": "9", "ten": "10", "twelve": "12", "twenty": "20", "thirty": "30", "million": "billion",
    "second": "third", "third": "fourth", "fourth": "fifth", "first": "second",
}  # fmt: skip
_NUMBER_WORD = re.compile(rf"\b(?:{'|'.join(_WORDS)})\b")
_NAME = re.compile(
    r"\b[A-ZÀ-Þ][\w’'-]*[a-zà-ÿ][\w’'-]*(?: (?:(?:of|de|von|van) )?[A-ZÀ-Þ][\w’'-]*[a-zà-ÿ][\w’'-]*)*"
)
_NO_NAMES = frozenset(
    "The A An In On At By For From It Its This That These Those He She They His Her Their There When While After "
    "Before During Although However As If Since Some Most Many All Both Each Other Another One Two Three Also And But "
    "Or Not No Yes To With Under Over According Then Thus First Second Such Today Initially Later Early Because "
    "Several Following Within Between Through Until Where Which Who What Once Only Over Upon Unlike Like Despite "
    "Instead Therefore Currently Additionally Generally Typically Commonly Usually Often You We Our Your My".split()
)
_AUXILIARY = re.compile(
    r"\b(is|are|was|were|can|could|will|would|has|had|have|did|does|should|must)\b(?! n't| not)"
)
_NEGATION = re.compile(
    r"\b(is|are|was|were|can|could|will|would|has|had|have|did|does|do|should)(?: not| n't)\b"
)
_TURNS = [
    tuple(pair.split("/"))
    for pair in (
        "rose/fell increased/decreased increase/decrease more/fewer more/less higher/lower largest/smallest "
        "before/after north/south northern/southern east/west eastern/western won/lost first/last highest/lowest "
        "above/below began/ended begins/ends beginning/end opened/closed allowed/banned legal/illegal most/least "
        "earlier/later older/younger left/right inside/outside oldest/youngest upper/lower larger/smaller "
        "greater/smaller father/mother male/female accepted/rejected major/minor good/bad early/late "
        "maximum/minimum positive/negative strong/weak same/different always/never all/none entered/left "
        "husband/wife brother/sister son/daughter black/white hot/cold public/private gained/lost"
    ).split()
]
_OTHER = {one: two for pair in _TURNS for one, two in (pair, pair[::-1])}
_TURN = re.compile(rf"\b(?:{'|'.join(_OTHER)})\b")


@dataclass(frozen=True)
class Case:
    """A right answer with the quotes that it was written from."""

    question: str
    text: str
    numbers: tuple[int, ...]
    quotes: tuple[Quote, ...]
    passage: str
    seed: str


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--half", type=click.Choice(["odd", "even", "both"]), default="odd", show_default=True
)
@click.option("--show", multiple=True, help="print what was judged wrongly of a kind")
@click.option("--limit", type=int, default=1000, show_default=True, help="right answers at most")
def main(*, folder: Path, half: str, show: Sequence[str], limit: int) -> None:
    """Run it."""
    cases = list(_cases(folder, half))[:limit]
    names = [name for case in cases for name in _names(case.passage)]
    tally: defaultdict[str, list[bool]] = defaultdict(list)
    seconds: list[float] = []
    for case in cases:
        rng = random.Random(case.seed)
        for kind, text in [("untouched", case.text), *_mutations(case, names, rng)]:
            started = time.process_time()
            claim = check(case.question, Draft(text, case.numbers), case.quotes)
            seconds.append(time.process_time() - started)
            rejected = claim.verdict == "unsupported"
            tally[kind].append(rejected)
            if kind != "untouched":
                tally[kind.split()[0] + " (all)"].append(rejected)
            if kind in (
                "number near",
                "number far",
                "date near",
                "date far",
                "actor near",
                "actor far",
            ):
                tally["number, date or actor"].append(rejected)
            if rejected == (kind == "untouched") and any(kind.startswith(one) for one in show):
                click.echo(f"--- {kind}: {text}\n    was: {case.text}\n    Q: {case.question}")
                for number, quote in enumerate(case.quotes, 1):
                    click.echo(
                        f"    [{number}{'*' if number in case.numbers else ''}] {quote.text}"
                    )
                _explain(text, case)
    click.echo(f"{len(cases)} right answers of {folder.name}, {half} lines")
    click.echo(f"{'':24}{'n':>6}{'rejected':>10}   95 % interval")
    for kind in sorted(tally):
        good, count = sum(tally[kind]), len(tally[kind])
        low, high = wilson(good, count)
        click.echo(f"{kind:24}{count:6d}{good / count:10.1%}   {low:.1%} to {high:.1%}")
    seconds.sort()
    click.echo(
        f"seconds a claim: median {seconds[len(seconds) // 2]:.4f}, "
        f"95 % under {seconds[int(len(seconds) * 0.95)]:.4f}"
    )


def _explain(text: str, case: Case) -> None:
    try:
        from rag.check import weigh
    except ImportError:
        return
    cited = [case.quotes[number - 1] for number in case.numbers]
    click.echo(f"    => {weigh(text, cited, case.question)}")


def _cases(folder: Path, half: str) -> Iterator[Case]:
    with (folder / "corpus.jsonl").open(encoding="utf-8") as lines:
        corpus = {one["_id"]: one for one in map(json.loads, lines)}
    seen: set[str] = set()
    with (folder / "gold.jsonl").open(encoding="utf-8") as lines:
        for at, line in enumerate(lines):
            gold = json.loads(line)
            if not gold["answerable"] or (half != "both" and at % 2 != (half == "odd")):
                continue
            passage = corpus[gold["reference_context_ids"][0]]
            for text in _answers(gold, passage["text"]):
                if text not in seen and len(text.split()) >= _MIN_WORDS:
                    seen.add(text)
                    case = _case(gold, text, passage)
                    if case:
                        yield case


def _answers(gold: dict[str, object], passage: str) -> Iterator[str]:
    starts = gold.get("answer_starts")
    if isinstance(starts, list):
        spans = split_sentences(passage)
        yield from (
            passage[one.start : one.end] for one in spans if one.start <= starts[0] < one.end
        )
        return
    answer = str(gold["reference"])
    yield from (answer[one.start : one.end] for one in split_sentences(answer))


def _case(gold: dict[str, object], text: str, passage: dict[str, str]) -> Case | None:
    """The quotes: windows around the sentences that hold most of the answer's words."""
    rng = random.Random(f"{gold['id']} {text}")
    document = Document(
        id=passage["_id"][:12], source=passage["_id"], title=passage["title"],
        text=passage["text"], sha256="0" * 64,
    )  # fmt: skip
    spans = split_sentences(document.text)
    left, support = content_words(text), set[int]()
    if not left:
        return None
    while left and len(support) < 3:
        gains = [len(left & content_words(document.text[one.start : one.end])) for one in spans]
        best = max(range(len(spans)), key=gains.__getitem__)
        if gains[best] < (1 if not support else 2):
            break
        support.add(best)
        left -= content_words(document.text[spans[best].start : spans[best].end])
    windows = list(_windows(support, len(spans), rng))
    if not windows:
        return None
    taken = {at for window in windows for at in window}
    rest = [at for at in range(len(spans)) if at not in taken]
    others = [{rng.choice(rest)}] if rest else []
    order = [*windows, *others]
    rng.shuffle(order)
    quotes = [_quote(document, spans, window) for window in order]
    numbers = tuple(at for at, window in enumerate(order, 1) if window & support)
    seed = f"{gold['id']} {text} mutations"
    question = str(gold["user_input"])
    return Case(question, text, numbers, tuple(quotes), f"{document.title}. {document.text}", seed)


def _windows(support: set[int], count: int, rng: random.Random) -> Iterator[set[int]]:
    """Each supporting sentence with up to three neighbours; merged where they touch."""
    wanted: set[int] = set()
    for at in support:
        before = rng.randint(0, 2)
        after = rng.randint(0, 3 - before)
        wanted |= {one for one in range(at - before, at + after + 1) if 0 <= one < count}
    run: set[int] = set()
    for at in sorted(wanted):
        if run and at - 1 not in run:
            yield run
            run = set()
        run.add(at)
    if run:
        yield run


def _quote(document: Document, spans: Sequence[Span], window: set[int]) -> Quote:
    return Quote(document=document, start=spans[min(window)].start, end=spans[max(window)].end)


def _mutations(case: Case, names: Sequence[str], rng: random.Random) -> Iterator[tuple[str, str]]:
    """One change of each kind, near and far, where there is something to change."""
    text = case.text
    dated = {match.span() for match in _YEAR.finditer(text)} | {
        match.span() for match in _MONTHS.finditer(text)
    }
    days = rf"(?:(?:{'|'.join(_MONTH)})\s+\d{{1,2}}\b|\b\d{{1,2}}(?:st|nd|rd|th)?\s+(?:{'|'.join(_MONTH)}))"
    in_date = [match.span() for match in re.finditer(days, text)] + list(dated)
    numbers = [
        match
        for match in [*_NUMBER.finditer(text), *_NUMBER_WORD.finditer(text)]
        if not any(start <= match.start() < end for start, end in in_date)
    ]
    if numbers:
        match = rng.choice(numbers)
        # Another of the same passage, of the same form; one that the sentence does not hold.
        near = [
            other
            for other in {
                one.group()
                for one in _NUMBER.finditer(case.passage)
                if not _YEAR.fullmatch(one.group())
            }
            if other not in re.findall(r"[\d.,]*\d", text) and match.group()[0].isdigit()
        ]
        if near:
            yield "number near", _put(text, match.span(), rng.choice(sorted(near)))
        yield "number far", _put(text, match.span(), _another_number(match.group(), rng))
    if dated:
        start, end = rng.choice(sorted(dated))
        old = text[start:end]
        pattern, others = (_MONTHS, _MONTH) if old.isalpha() else (_YEAR, [])
        near = sorted(set(pattern.findall(case.passage)) - set(pattern.findall(text)))
        if near:
            yield "date near", _put(text, (start, end), rng.choice(near))
        if others:
            new = rng.choice([one for one in others if one != old])
        else:
            new = str(int(old) + rng.choice([-30, -10, -2, -1, 1, 2, 10, 12]))
        yield "date far", _put(text, (start, end), new)
    yield from _actors(case, names, rng)
    negations = [*_NEGATION.finditer(text)]
    if negations:
        match = rng.choice(negations)
        yield "negation dropped", _put(text, match.span(), match[1])
    auxiliaries = [*_AUXILIARY.finditer(text)]
    if auxiliaries:
        match = rng.choice(auxiliaries)
        yield "negation added", _put(text, match.span(), f"{match[1]} not")
    turns = [*_TURN.finditer(text)]
    if turns:
        match = rng.choice(turns)
        yield "direction", _put(text, match.span(), _OTHER[match.group()])


def _actors(case: Case, names: Sequence[str], rng: random.Random) -> Iterator[tuple[str, str]]:
    found = _name_spans(case.text)
    if not found:
        return
    own = {word for start, end in found for word in case.text[start:end].split()}
    span = rng.choice(found)

    def fresh(pool: Sequence[str]) -> list[str]:
        """Names that are not another form of one in the sentence: Huguenots, Indian."""
        roots = {word[:4].lower() for word in own}
        return sorted(
            {one for one in pool if not roots & {word[:4].lower() for word in one.split()}}
        )

    near = fresh(_names(case.passage))
    if near:
        yield "actor near", _put(case.text, span, rng.choice(near))
    known = set(re.findall(r"\w+", case.passage + case.question))
    far = [one for one in rng.sample(names, min(60, len(names))) if not known & set(one.split())]
    if fresh(far):
        yield "actor far", _put(case.text, span, rng.choice(fresh(far)))
    if len(found) > 1:
        (one, two), (three, four) = sorted(rng.sample(found, 2))
        first, second = case.text[one:two], case.text[three:four]
        between = case.text[two:three].strip()
        # "Kim and Kourtney" says the same as "Kourtney and Kim".
        if not re.fullmatch(r"(?:,|and|or|,?\s*and|/|,.*,?\s*and|--|,.*,)", between):
            yield (
                "actors exchanged",
                f"{case.text[:one]}{second}{case.text[two:three]}{first}{case.text[four:]}",
            )


def _name_spans(text: str) -> list[tuple[int, int]]:
    spans = []
    for match in _NAME.finditer(text):
        start, words = match.start(), match.group().split(" ")
        if words[0] in _NO_NAMES:
            start += len(words[0]) + 1
            words = words[1:]
        # A word that opens the sentence need not be a name.
        opens = start == match.start() and re.search(r"(?:^|[.!?]\s+|``\s+)$", text[:start])
        month = any(word in _MONTH or word.endswith("day") for word in words)
        if words and words[0][:1].isupper() and not month and (not opens or len(words) > 1):
            spans.append((start, match.end()))
    return spans


def _names(text: str) -> list[str]:
    return [text[start:end] for start, end in _name_spans(text)]


def _another_number(word: str, rng: random.Random) -> str:
    if word in _WORDS:
        return (
            _WORDS[word]
            if not _WORDS[word].isdigit()
            else rng.choice([one for one in _WORDS if _WORDS[one].isdigit() and one != word])
        )
    plain = word.replace(",", "")
    if "." in plain:
        return f"{float(plain) + rng.choice([0.1, 1, 2.5, 10]):.{len(plain.split('.')[1])}f}"
    value = int(plain)
    new = rng.choice(
        [value + 1, value + 2, max(value - 1, 0) or value + 3, value * 10, value * 2 + 1]
    )
    return f"{new:,}" if "," in word else str(new)


def _put(text: str, span: tuple[int, int], new: str) -> str:
    return text[: span[0]] + new + text[span[1] :]


if __name__ == "__main__":
    main()
