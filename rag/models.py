"""Where a model lies on this machine, and whether it is what it should be.

A model is named in one of three ways: by its name in the registry; as ``hub:OWNER/REPO/FILE`` (a
GGUF file of the model hub); by the path of a GGUF file (chat) or of a sentence-transformers folder
(embedding). Fetching is `rag.pull`'s business: nothing here touches the network.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from rag import gguf
from rag.digests import sha256_of
from rag.errors import ModelCorrupt, ModelError, ModelMissing
from rag.paths import PACKAGE
from rag.registry import Kind, RegisteredModel, parse_hub_name, registered_models
from rag.settings import Settings

_FOLDER_NEEDS = ("config.json", "model.safetensors", "tokenizer.json")
_SHAPES_VECTORS = {".json", ".txt", ".safetensors"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """A model that is on this machine and has been checked.

    Attributes:
        path: The GGUF file, or the folder of an embedding model.
        sha256: Of the file. Of a registered folder: of its weights, as the registry pins the rest.
            Of a folder given by path: of everything in it that shapes a vector.
        context_tokens: How much text the model takes at once, in its own tokens.
    """

    name: str
    path: Path
    sha256: str
    context_tokens: int
    kind: Kind


def locate_model(name: str, settings: Settings, kind: Kind | None = None) -> ModelFile:
    """The model called ``name``, checked; a digest is remembered until its file changes.

    Args:
        name: A name in the registry, ``hub:OWNER/REPO/FILE``, or a path.
        settings: Say where to look.
        kind: What the model is needed for; ``None`` accepts either.

    Raises:
        ModelMissing: it is not on this machine.
        ModelCorrupt: it has the wrong size or digest, is cut short or is no model at all.
        ModelError: the name means nothing, or a model of the other kind.
    """
    return _locate(name, settings, kind, fresh=False)


def verify(name: str, settings: Settings) -> ModelFile:
    """Like `locate_model`, but every byte is read again whatever is remembered."""
    return _locate(name, settings, None, fresh=True)


def search_places(settings: Settings) -> tuple[Path, ...]:
    """Where models are looked for, first wins: the checkout, the data folder, the pulled ones."""
    checkout = (PACKAGE.parent / "models",) if (PACKAGE.parent / "pyproject.toml").is_file() else ()
    return (
        *checkout,
        settings.home.expanduser().absolute() / "models",
        settings.models_dir.expanduser().absolute(),
    )


def find_model(name: str, settings: Settings) -> Path | None:
    """Where the model lies, unchecked; ``None`` if it is not here or the name means nothing."""
    if known := registered_models().get(name) or parse_hub_name(name):
        return next(
            (
                path
                for place in search_places(settings)
                if (path := place / known.saved_as).exists()
            ),
            None,
        )
    path = Path(name).expanduser().absolute()
    return path if path.exists() else None


def pulled_from_hub(settings: Settings) -> tuple[str, ...]:
    """Names (``hub:…``) of the files on this machine that were pulled as such."""
    files = (path.name for place in search_places(settings) for path in place.glob("*--*--*.gguf"))
    return tuple(sorted({"hub:" + file.replace("--", "/", 2) for file in files}))


def usable_chat_models(settings: Settings) -> tuple[str, ...]:
    """What ``chat_model`` may be set to without fetching anything: checked, by the names for it.

    Those known by name come first, then GGUF files that lie beside them, by their path. A file that nobody has
    looked at before is read whole.
    """
    known = [one for one in registered_models().values() if one.kind == "chat"]
    hub = pulled_from_hub(settings)
    named = {one.saved_as for one in known}
    named |= {parsed.saved_as for name in hub if (parsed := parse_hub_name(name))}
    files = (path for place in search_places(settings) for path in sorted(place.glob("*.gguf")))
    paths = (str(path) for path in files if path.name not in named)
    names = dict.fromkeys((*(one.name for one in known), *hub, settings.chat_model, *paths))
    return tuple(name for name in names if _is_usable(name, settings))


def _is_usable(name: str, settings: Settings) -> bool:
    try:
        locate_model(name, settings, "chat")
    except ModelError:
        return False
    return True


def digest_note(path: Path) -> Path:
    """Where the digest that the hub stated for a ``hub:…`` file is kept, in sha256sum's form."""
    return path.with_name(path.name + ".sha256")


def _locate(name: str, settings: Settings, kind: Kind | None, *, fresh: bool) -> ModelFile:
    model = registered_models().get(name)
    known = bool(model or parse_hub_name(name))
    path = find_model(name, settings)
    if path is None:
        raise _missing(name, known=known)
    its_kind: Kind = model.kind if model else "embedding" if path.is_dir() else "chat"
    if kind and kind != its_kind:
        needed = "a GGUF file" if kind == "chat" else "a sentence-transformers folder"
        names = ", ".join(
            entry.name for entry in registered_models().values() if entry.kind == kind
        )
        raise ModelError(f"{name} is no {kind} model. Use {names}, or the path of {needed}.")
    try:
        if model:
            sha256, context_tokens = (
                _check_registered(model, path, settings, fresh=fresh),
                model.context_tokens,
            )
        elif its_kind == "embedding":
            sha256, context_tokens = _check_folder(path, settings, fresh=fresh)
        else:
            sha256, context_tokens = _check_gguf(name, path, settings, fresh=fresh)
    except OSError as error:
        raise ModelError(
            f"{error.filename or path} cannot be read: {error.strerror}. Check who may read it."
        ) from error
    return ModelFile(
        name=name if known else path.name.removesuffix(".gguf"),
        path=path,
        sha256=sha256,
        context_tokens=context_tokens,
        kind=its_kind,
    )


def _missing(name: str, *, known: bool) -> ModelError:
    if known:
        return ModelMissing(f"The model {name} is not on this machine. Run: rag models pull {name}")
    if len(Path(name).parts) > 1 or name.endswith(".gguf"):
        return ModelMissing(
            f"{name} does not exist. Correct the path, or use a name that `rag models list` shows."
        )
    close = difflib.get_close_matches(name, registered_models(), n=1, cutoff=0.4)
    hint = f"did you mean {close[0]}?" if close else "use one that `rag models list` shows."
    return ModelError(f"No model is called {name!r}; {hint}")


def _corrupt(name: str, path: Path, problem: str, settings: Settings) -> ModelCorrupt:
    known = name in registered_models() or parse_hub_name(name)
    ours = settings.models_dir.expanduser().absolute() in path.parents
    # A pull replaces only what a pull has brought; anything else is the user's, and found first.
    mend = (
        f"Run: rag models pull {name}" if ours else f"Remove it, then run: rag models pull {name}"
    )
    return ModelCorrupt(f"{path} {problem}. {mend if known else 'Get it again, or use another.'}")


def _check_registered(
    model: RegisteredModel, path: Path, settings: Settings, *, fresh: bool
) -> str:
    for pinned in model.files:
        file = path / pinned.path if model.is_folder else path
        if not file.is_file():
            raise _corrupt(model.name, file, "is missing or no file", settings)
        if (size := file.stat().st_size) != pinned.bytes:
            raise _corrupt(
                model.name, file, f"has {size:,} bytes instead of {pinned.bytes:,}", settings
            )
        if file.suffix == ".gguf" and not gguf.has_magic(file):
            raise _corrupt(model.name, file, "is not a GGUF file", settings)
        if (sha256 := sha256_of(file, settings, fresh=fresh)) != pinned.sha256:
            raise _corrupt(
                model.name, file, f"has the SHA-256 {sha256} instead of {pinned.sha256}", settings
            )
    return max(model.files, key=lambda pinned: pinned.bytes).sha256


def _check_gguf(name: str, path: Path, settings: Settings, *, fresh: bool) -> tuple[str, int]:
    if not path.is_file() or not gguf.has_magic(path):
        raise _corrupt(name, path, "is not a GGUF file", settings)
    context_tokens = gguf.context_length(path)
    if not context_tokens:
        raise _corrupt(name, path, "is cut short, damaged, or no language model", settings)
    sha256, stated = sha256_of(path, settings, fresh=fresh), digest_note(path)
    if (
        parse_hub_name(name)
        and stated.is_file()
        and stated.read_text(encoding="utf-8").split()[:1] != [sha256]
    ):
        raise _corrupt(name, path, f"has another SHA-256 than {stated.name} says", settings)
    return sha256, context_tokens


def _check_folder(path: Path, settings: Settings, *, fresh: bool) -> tuple[str, int]:
    for needed in _FOLDER_NEEDS:
        if not (path / needed).is_file():
            raise ModelCorrupt(
                f"{path} has no {needed}, so it is no embedding model. "
                "Use a sentence-transformers folder."
            )
    lines = [
        f"{sha256_of(file, settings, fresh=fresh)}  {file.relative_to(path).as_posix()}\n"
        for file in sorted(path.rglob("*"))
        if file.suffix in _SHAPES_VECTORS
        and not any(part.startswith(".") for part in file.relative_to(path).parts)
    ]
    context_tokens = _setting(path / "sentence_bert_config.json", "max_seq_length") or _setting(
        path / "config.json", "max_position_embeddings"
    )
    if not context_tokens:
        raise ModelCorrupt(
            f"{path / 'config.json'} does not say how much text the model takes. Use another model."
        )
    return hashlib.sha256("".join(lines).encode()).hexdigest(), context_tokens


def _setting(file: Path, key: str) -> int | None:
    try:
        value = json.loads(file.read_text(encoding="utf-8")).get(key)
    except (OSError, ValueError, AttributeError):
        return None
    return value if isinstance(value, int) else None
