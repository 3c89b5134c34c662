"""`rag gold review`: a person walks through the drafts and decides on each."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import click

from rag.compose import one_line
from rag.draft import find_answer
from rag.draft_file import DraftFile
from rag.errors import IndexFault
from rag.gold import GoldQuestion
from rag.index import Index
from rag.lines import printable
from rag.settings import Settings
from rag.split import Span

_KEYS = {"k": "kept", "e": "edited", "d": "dropped", "s": "skipped", "q": "quit"}
# A note is for the review alone.
_REVIEWED = {"reviewed": True, "note": None}
_HELP = """\
  k  keep: the question counts from now on
  e  edit question, answer and all answers that are right (separated by |), then keep; Enter leaves a line
     as it is
  d  drop: remove it from the file, never to be drafted again
  s  skip: leave it for later
  q  quit: what was decided is kept"""


@click.command(name="review")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
def review_drafts(*, path: Path) -> None:
    """Walk through the drafts of FILE that nobody has reviewed: keep, edit or drop each.

    Every decision is written at once.
    """
    file = DraftFile(path)
    todo = [question for question in file.questions() if not question.reviewed]
    if not todo:
        click.echo(f"Nothing to review in {path}.")
        return
    published = _published()
    done: Counter[str] = Counter()
    try:
        for number, question in enumerate(todo, start=1):
            click.echo(f"\n[{number} of {len(todo)}] {_shown(question, published)}")
            decision = _decide(file, question)
            if decision == "quit":
                break
            done[decision] += 1
    finally:
        # Also after Ctrl-C: each decision is in the file already.
        left = len(todo) - done["kept"] - done["edited"] - done["dropped"]
        click.echo(
            f"\n{done['kept']} kept, {done['edited']} edited, {done['dropped']} dropped, {left} left"
        )


def _decide(file: DraftFile, question: GoldQuestion) -> str:
    """Ask until there is a decision, and carry it out."""
    while True:
        decision = _KEYS.get(_key())
        if decision is None:
            click.echo(_HELP)
            continue
        if decision == "kept":
            file.replace(question.model_copy(update=_REVIEWED))
        elif decision == "dropped":
            file.remove(question.id)
        elif decision == "edited":
            edited = _edit(question)
            if edited is None:
                continue
            file.replace(edited)
        return decision


def _key() -> str:
    """One key on a terminal; the first letter of a line of piped input, whose end quits."""
    click.echo("keep, edit, drop, skip, quit, ? [kedsq?] ", nl=False)
    if sys.stdin.isatty():
        try:
            # One of several typed ahead: the others would decide on what has not been seen.
            key = click.getchar()[:1]
        except EOFError:  # Ctrl-D
            key = "q"
        click.echo(key if key.isprintable() else "")
        return key.lower()
    line = sys.stdin.readline()
    click.echo(line.strip())
    return line.strip()[:1].lower() if line else "q"


def _edit(question: GoldQuestion) -> GoldQuestion | None:
    """The question as the reviewer wants it; ``None`` to be asked again."""
    asked = _prompt("question", question.user_input)
    changes: dict[str, object] = {**_REVIEWED, "user_input": asked}
    if not question.answerable:
        return question.model_copy(update=changes)
    old = question.reference or ""
    reference = _prompt("answer", old)
    # What is no longer the answer is not also right, unless the reviewer says so.
    references = [reference if one == old else one for one in question.references]
    joined = _prompt("right are", " | ".join(references or [reference]))
    right = [part.strip() for part in joined.split("|") if part.strip()]
    changes |= {"reference": reference or None, "references": tuple(dict.fromkeys(right))}
    held = any(find_answer(reference, text) for text in question.reference_contexts)
    if reference != old and question.reference_contexts and not held:
        click.echo("The context does not hold this answer word for word.")
        if not click.confirm("Keep it all the same?", default=False):
            return None
    return question.model_copy(update=changes)


def _prompt(what: str, present: str) -> str:
    """A line from the reviewer; an empty one leaves what there is."""
    given: str = click.prompt(f"  {what}", default=present)
    return given.strip() or present


def _shown(question: GoldQuestion, published: Mapping[str, date | None]) -> str:
    """A draft for the terminal, the answer marked in its context."""
    answers = [question.reference or "none", *question.references]
    lines = [f"{question.qtype or 'question'}, {question.id}"]
    lines += [f"  note      {question.note}"] if question.note else []
    lines += [f"  before    {turn.question} - {turn.answer}" for turn in question.turns]
    lines.append(f"  question  {question.user_input}")
    lines.append(f"  answer    {' | '.join(dict.fromkeys(answers))}")
    lines += [
        f"  source    {source}, {published[source] or 'undated'}"
        if source in published
        # Not in the index: the day is not known here.
        else f"  source    {source}"
        for source in question.reference_context_ids
    ]
    lines = [printable(line) for line in lines]
    for context in question.reference_contexts:
        text = one_line(printable(context))
        found = (find_answer(one, text) for one in answers)
        span = next((one for one in found if one), Span(0, 0))
        marked = click.style(text[span.start : span.end], bold=True, reverse=True)
        lines.append(
            f"  context   {text[: span.start]}{marked if span.end else ''}{text[span.end :]}"
        )
    return "\n".join(lines)


def _published() -> dict[str, date | None]:
    """The day of every document of the index, by source; nothing without an index."""
    try:
        with Index.open(Settings.load()) as index:
            return {one.source: one.published for one in index.catalog.documents()}
    except IndexFault:
        return {}
