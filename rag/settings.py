"""Settings: flag > ``RAG_*`` environment > ``rag.toml`` (found by walking up) > defaults. Unknown keys are errors."""

from __future__ import annotations

import difflib
import os
import tomllib
from pathlib import Path
from typing import Any, Self

import platformdirs
from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from rag.errors import SettingsError

APP = "seedbound"
PREFIX = "RAG_"
FILE = "rag.toml"


class Settings(BaseSettings):
    """Everything that can be set. Frozen; make a changed copy with ``settings.model_copy(update={...})``."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="forbid", frozen=True, env_ignore_empty=True
    )

    home: Path = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir(APP)),
        description="Folder that holds the index and everything else that is yours; move it as a whole.",
    )
    models_dir: Path = Field(
        default_factory=lambda: Path(platformdirs.user_cache_dir(APP)) / "models",
        description="Where pulled models go; checkouts on one machine share it.",
    )
    chat_model: str = Field(
        default="qwen2.5-coder-1.5b-instruct",
        description="Name from `rag models list`, path of a GGUF file, or hub:OWNER/REPO/FILE.",
    )
    embedding_model: str = Field(
        default="all-minilm-l6-v2", description="Name from `rag models list`, or path of a folder."
    )
    threads: int = Field(
        default_factory=lambda: os.cpu_count() or 2,
        ge=1,
        description="Processor threads for the language model.",
    )
    context_tokens: int = Field(
        default=4096, ge=1024, description="Prompt and answer together, in the model's tokens."
    )

    chunk_tokens: int = Field(
        default=200, ge=32, description="Longest chunk, in the embedder's tokens."
    )
    overlap_sentences: int = Field(
        default=1, ge=0, le=5, description="Sentences that neighbouring chunks share."
    )
    max_file_mb: float = Field(default=20.0, gt=0, description="Larger files are skipped.")

    top_k: int = Field(
        default=8, ge=1, le=100, description="Passages that an answer is built from."
    )
    candidates: int = Field(
        default=100, ge=1, description="How deep each side of the search looks."
    )
    lexical_weight: float = Field(
        default=0.5, ge=0, le=1, description="Share of BM25 in a passage's score."
    )
    reranker: str = Field(
        default="",
        description="Cross-encoder that reorders the first passages: path of a folder, or a downloaded hub id.",
    )

    evidence_tokens: int = Field(
        default=200,
        ge=50,
        description="Budget for the quotes in the prompt, in the model's tokens.",
    )
    answer_tokens: int = Field(
        default=160, ge=16, description="Longest answer, in the model's tokens."
    )
    max_question_chars: int = Field(
        default=4000, ge=1, description="Longer questions are an error."
    )
    refuse_below: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="Strictness: an answer whose confidence is lower is replaced by a refusal.",
    )

    @classmethod
    def load(cls, **overrides: Any) -> Self:
        """Settings as they apply here and now.

        ``overrides`` (command-line flags) win over everything; those that are ``None`` count as not given.

        Raises:
            SettingsError: a key is unknown or a value impossible; the message names where it came from.
        """
        _reject_unknown_environment(cls)
        try:
            return cls(**{key: value for key, value in overrides.items() if value is not None})
        except ValidationError as error:
            raise SettingsError(_explain(error, cls)) from None
        except tomllib.TOMLDecodeError as error:
            raise SettingsError(
                f"{find_file()} is not valid TOML: {error}. Correct it or remove the file."
            ) from None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - part of the signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order of precedence, first wins."""
        found = find_file()
        file = (TomlConfigSettingsSource(settings_cls, found),) if found else ()
        return (init_settings, env_settings, *file)

    @property
    def index_dir(self) -> Path:
        """Where catalog, vectors and words live."""
        return self.home.expanduser() / "index"

    @property
    def conversations_path(self) -> Path:
        """The file that holds the conversations."""
        return self.home.expanduser() / "conversations.sqlite"

    @property
    def uploads_dir(self) -> Path:
        """The files that were handed over in the browser; their documents are removed together with them."""
        return self.home.expanduser() / "uploads"


def find_file(start: Path | None = None) -> Path | None:
    """The nearest ``rag.toml`` in ``start`` (default: the working directory) or a folder above it."""
    here = (start or Path.cwd()).resolve()
    return next(
        (folder / FILE for folder in (here, *here.parents) if (folder / FILE).is_file()), None
    )


def _reject_unknown_environment(cls: type[Settings]) -> None:
    known = {PREFIX + name.upper() for name in cls.model_fields}
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in known:
            raise SettingsError(
                f"The environment sets {name}, which is no setting{_closest(name, sorted(known))}. Unset it."
            )


def _explain(error: ValidationError, cls: type[Settings]) -> str:
    found = find_file()
    where = f" (look at {PREFIX}* in the environment{f' and at {found}' if found else ''})"
    parts = []
    for item in error.errors():
        key = ".".join(str(part) for part in item["loc"])
        if item["type"] == "extra_forbidden":
            parts.append(f"'{key}' is no setting{_closest(key, sorted(cls.model_fields))}")
        else:
            parts.append(f"'{key}' = {item['input']!r}: {item['msg']}")
    return "; ".join(parts) + where + "."


def _closest(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""
