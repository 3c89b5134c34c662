"""The chat in the browser: a Gradio page over a `rag.Pipeline`, for this machine only."""

import os

# Read by gradio and by huggingface_hub (which gradio imports) when they are imported, so it must
# come before them.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"

from ui.page import build
from ui.server import check_address, serve

__all__ = ["build", "check_address", "serve"]
