"""The chat in the browser, and what programs use of it: a Gradio page over a `Desk`."""

import os

# Read by gradio and by huggingface_hub (which gradio imports) when they are imported, so it must
# come before them.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"

from ui.desk.desk import Desk
from ui.page import build
from ui.serving.logins import Logins
from ui.serving.server import check_access, check_address, serve

__all__ = ["Desk", "Logins", "build", "check_access", "check_address", "serve"]
