"""`rag models`: what there is, fetching it, checking it."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass

import click

from rag.errors import ModelCorrupt, ModelError, ModelMissing
from rag.models import find_model, locate_model, pulled_from_hub, verify
from rag.pull import pull_model
from rag.registry import registered_models
from rag.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    name: str
    kind: str
    bytes: int | None
    licence: str | None
    status: str
    path: str | None
    sha256: str | None
    in_use: bool
    note: str


@click.group(name="models")
def manage_models() -> None:
    """List, fetch and verify the models."""


@manage_models.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def list_models(*, as_json: bool) -> None:
    """List the known models and whether they are here and whole.

    A star marks those in use.
    """
    settings = Settings.load()
    rows = [_row(name, settings) for name in _known(settings)]
    if as_json:
        click.echo(json.dumps({"models": [asdict(row) for row in rows]}, indent=2))
        return
    table = [("", "NAME", "KIND", "SIZE", "LICENCE", "STATUS", "PATH")]
    for row in rows:
        size = f"{row.bytes / 1e6:,.0f} MB" if row.bytes else "-"
        star = "*" if row.in_use else ""
        table.append(
            (star, row.name, row.kind, size, row.licence or "-", row.status, row.path or "-")
        )
    widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]
    for line in table:
        click.echo(
            " ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        )


@manage_models.command(name="pull")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All models that are known by name.")
def pull_models(names: tuple[str, ...], *, everything: bool) -> None:
    """Fetch models; those in use unless others are named.

    NAME comes from `rag models list` or is hub:OWNER/REPO/FILE.gguf. A pull that was interrupted
    goes on where it was.
    """
    settings = Settings.load()
    if everything:
        names = (*registered_models(), *names)
    for name in dict.fromkeys(names or (settings.chat_model, settings.embedding_model)):
        _pull(name, settings)


@manage_models.command(name="verify")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.pass_context
def verify_models(context: click.Context, names: tuple[str, ...]) -> None:
    """Read every byte again and compare; everything that is here unless models are named.

    Exits 1 if one is wrong.
    """
    settings = Settings.load()
    here = names or tuple(name for name in _known(settings) if find_model(name, settings))
    if not here:
        click.echo("No model is on this machine. Run: rag models pull", err=True)
    failed = False
    for name in here:
        try:
            model = verify(name, settings)
        except ModelError as error:
            failed = True
            click.echo(f"error: {error}", err=True)
        else:
            click.echo(f"{name}: right, {model.path}")
    if failed:
        context.exit(1)


def _pull(name: str, settings: Settings) -> None:
    from tqdm import tqdm

    # Shown on a terminal only, and only if it takes long enough to be looked at.
    with tqdm(
        desc=name, unit="B", unit_scale=True, file=sys.stderr, disable=None, delay=0.5
    ) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        model = pull_model(name, settings, progress=show)
    click.echo(f"{name}: {model.path}")


def _known(settings: Settings) -> tuple[str, ...]:
    """Registered models, those pulled from the hub, and whatever is in use: each once."""
    in_use = (settings.chat_model, settings.embedding_model)
    return tuple(dict.fromkeys((*registered_models(), *pulled_from_hub(settings), *in_use)))


def _row(name: str, settings: Settings) -> _Row:
    model, path, status = registered_models().get(name), find_model(name, settings), "present"
    size = model.bytes if model else path.stat().st_size if path and path.is_file() else None
    kind = "embedding" if name == settings.embedding_model else "chat"
    sha256, note = None, model.note if model else ""
    try:
        sha256 = locate_model(name, settings).sha256
    except ModelMissing:
        status = "missing"
    except ModelCorrupt as error:
        status, note = "corrupt", str(error)
    except ModelError as error:
        status, note = "unusable", str(error)
    return _Row(
        name=name,
        kind=model.kind if model else kind,
        bytes=size,
        licence=model.licence if model else None,
        status=status,
        path=str(path) if path else None,
        sha256=sha256,
        in_use=name in {settings.chat_model, settings.embedding_model},
        note=note,
    )
