"""The command line. Answers and tables go to stdout, progress and errors to stderr."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from typing import Any

import click

from rag import __version__
from rag.cli.answers import ask, search
from rag.cli.chat import open_chat
from rag.cli.doctor import check_everything
from rag.cli.documents import ingest, list_documents, remove, status
from rag.cli.evaluate import run_evaluation
from rag.cli.gold import manage_gold
from rag.cli.inspect import inspect_document
from rag.cli.models import manage_models
from rag.cli.replay import replay_answer
from rag.errors import RagError

_INTERRUPTED = 130
_HELP: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(context_settings=_HELP)
@click.version_option(__version__, prog_name="seedbound")
@click.option("-v", "--verbose", is_flag=True, help="Tell on stderr what is going on.")
def cli(*, verbose: bool) -> None:
    """Ask your own documents. Every sentence of an answer is bound to verbatim, dated quotes.

    Settings come from flags, then RAG_* in the environment, then rag.toml, then defaults.
    """
    logging.basicConfig(
        level=logging.INFO if verbose else logging.ERROR,
        format="%(name)s: %(message)s",
        stream=sys.stderr,
    )
    if not verbose:
        logging.getLogger("rag").setLevel(logging.WARNING)  # our own say what to look at


for command in (
    ingest,
    list_documents,
    remove,
    inspect_document,
    status,
    search,
    ask,
    replay_answer,
    run_evaluation,
    manage_gold,
    open_chat,
    manage_models,
    check_everything,
):
    # A command that is run by itself, as tests do, has the same help as one run through `rag`.
    command.context_settings = {**_HELP, **command.context_settings}
    cli.add_command(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and exit: 0 done, answered or refused; 1 an error; 2 wrong usage; 130 interrupted."""
    try:
        code = cli.main(arguments, prog_name="rag", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except RagError as error:
        click.echo(f"error: {error}", err=True)
        code = 1
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted. What was finished is kept; run it again to go on.", err=True)
        code = _INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has gone (`rag list | head`): no one is left to tell.
        sys.stderr.close()
        code = 0
    sys.exit(code if isinstance(code, int) else 0)
