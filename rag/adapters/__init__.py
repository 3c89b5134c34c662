"""The retriever as a part of other frameworks. Each module needs its framework; importing `rag` needs none."""
