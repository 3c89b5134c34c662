"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import click

Command = Callable[..., Any]


class Day(click.ParamType[date]):
    """A calendar day, YYYY-MM-DD."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Text to a date."""
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"'{value}' is not a day like 2024-03-27.", param, ctx)


def filters(command: Command) -> Command:
    """Options that narrow the search, named as `rag.protocols.Filters` has them."""
    for option in reversed(
        (
            click.option(
                "--after", type=Day(), help="Only documents published on this day or later."
            ),
            click.option(
                "--before", type=Day(), help="Only documents published on this day or earlier."
            ),
            click.option(
                "--source",
                "sources",
                multiple=True,
                metavar="PATTERN",
                help="Only sources that match, e.g. 'reports/*'. May be repeated.",
            ),
            click.option(
                "--document",
                "documents",
                multiple=True,
                metavar="ID",
                help="Only this document, by its id in `rag list`. May be repeated.",
            ),
            click.option(
                "--event-after", type=Day(), help="Only what speaks of this day or a later one."
            ),
            click.option(
                "--event-before", type=Day(), help="Only what speaks of this day or an earlier one."
            ),
        )
    ):
        command = option(command)
    return command


def reranker(command: Command) -> Command:
    """``--reranker``."""
    return click.option(
        "--reranker",
        metavar="PATH_OR_HUB_ID",
        help="Reorder the first passages with this cross-encoder.",
    )(command)


def as_json(command: Command) -> Command:
    """``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")(command)


def batch(command: Command) -> Command:
    """``--batch``."""
    return click.option(
        "--batch",
        type=click.File("r", encoding="utf-8"),
        metavar="FILE",
        help='Questions as JSON lines {"id", "user_input", "history"?}, - for stdin; prints one JSON '
        "object a line.",
    )(command)
