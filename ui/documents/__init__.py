"""The list of documents: adding, choosing, removing."""
