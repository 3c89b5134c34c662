"""`rag gold from-ratings`: answers that were rated in the chat, as gold questions."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import click

from rag.conversations import ConversationStore
from rag.draft_file import DraftFile
from rag.gold import GoldQuestion
from rag.gold_ratings import gold_from_ratings
from rag.settings import Settings


@click.command(name="from-ratings")
@click.argument("out", metavar="OUT.jsonl", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--user", metavar="NAME", help="Only what this login has rated.")
def export_ratings(*, out: Path, user: str | None) -> None:
    """Add the answers that were rated in the chat to OUT.jsonl as gold questions (- prints them).

    An answer that was found good is the reference, a refusal that was found good a question that the documents do
    not answer. What was found bad, stopped, or asked of a part of the documents is a draft, which counts only
    once it is reviewed. Questions that OUT.jsonl holds already stay as they are, and what a review has dropped
    stays away.
    """
    with closing(ConversationStore(Settings.load().conversations_path)) as conversations:
        found = list(gold_from_ratings(conversations.rated(user)))
    questions = [one for one in found if one is not None]
    lost = len(found) - len(questions)
    if lost:
        click.echo(f"{lost} left out: documents they rest on were removed.", err=True)
    if not questions:
        click.echo("No answer to export. Rate some in `rag chat`: the thumbs below each.", err=True)
    elif str(out) == "-":
        for question in questions:
            click.echo(question.model_dump_json(exclude_defaults=True))
    else:
        _add(DraftFile(out), questions)


def _add(file: DraftFile, questions: Sequence[GoldQuestion]) -> None:
    known = {one.id for one in file.start()} | file.dropped("")
    new = [one for one in questions if one.id not in known]
    for question in new:
        file.add(question)
    drafts = sum(not one.reviewed for one in new)
    click.echo(
        f"{len(new) - drafts} questions and {drafts} drafts added to {file.path}, "
        f"{len(questions) - len(new)} were there before or dropped in review"
    )
    if any(not one.reviewed for one in file.questions()):
        click.echo(f"Next: rag gold review {file.path}")
