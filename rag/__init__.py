"""seedbound: questions answered from your own documents, every sentence bound to verbatim, dated quotes.

    from rag import Settings, ingest_paths, open_pipeline

    settings = Settings.load()
    ingest_paths(["notes"], settings)
    with open_pipeline(settings) as pipeline:
        print(pipeline.ask("When did the bridge reopen?").text)

What is public stands in ``__init__.pyi``. Names load when they are first used, so that importing the
package costs next to nothing.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

__version__ = "0.1.0"
