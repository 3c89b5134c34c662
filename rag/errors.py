"""Everything that can go wrong on purpose. Each message says what happened and what to do next.

::

    RagError
    |-- SettingsError          a setting is unknown or has an impossible value
    |-- QuestionError          a question is empty or too long
    |-- IngestError            nothing could be read where documents were expected
    |   `-- UnreadableDocument one file is not text (collected in the report while other files go on)
    |-- IndexFault            the index cannot be used
    |   |-- IndexMissing       nothing has been ingested yet
    |   |-- IndexMismatch      built with another embedder or other chunking
    |   |-- IndexLocked        another process is writing to it
    |   `-- StorageError       the data folder is read-only, full or damaged
    |-- DocumentNotFound       no document has this id
    |-- ConversationNotFound   this person has no conversation with this id
    |-- GoldError              a file of gold questions, or the corpus they are about, is not right
    `-- ModelError             a model cannot be used
        |-- ModelMissing       not on this machine yet
        |-- ModelCorrupt       wrong size or digest, or not a model file
        |-- DownloadFailed     no source could deliver it
        `-- Interrupted        somebody stopped it

A refusal is an `Answer`, not an error.
"""


class RagError(Exception):
    """Root of all errors raised on purpose."""


class SettingsError(RagError):
    """A setting is unknown or has an impossible value."""


class QuestionError(RagError):
    """A question is empty or too long."""


class IngestError(RagError):
    """Nothing could be read where documents were expected."""


class UnreadableDocument(IngestError):
    """One file is not text that can be indexed."""


class IndexFault(RagError):
    """The index cannot be used."""


class IndexMissing(IndexFault):
    """Nothing has been ingested yet."""


class IndexMismatch(IndexFault):
    """The index was built with another embedder or other chunking."""


class IndexLocked(IndexFault):
    """Another process is writing to the index."""


class StorageError(IndexFault):
    """The data folder is read-only, full or damaged."""


class DocumentNotFound(RagError):
    """No document has this id."""


class ConversationNotFound(RagError):
    """This person has no conversation with this id."""


class GoldError(RagError):
    """A file of gold questions, or the corpus they are about, is not right."""


class ModelError(RagError):
    """A model cannot be used."""


class ModelMissing(ModelError):
    """The model is not on this machine yet."""


class ModelCorrupt(ModelError):
    """The file has the wrong size or digest, or is not a model."""


class DownloadFailed(ModelError):
    """No source could deliver the model."""


class Interrupted(ModelError):
    """Somebody stopped the model."""
