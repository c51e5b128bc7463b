"""Where a command that is run beside the gateway finds what the gateway finds."""

import json
import os
from pathlib import Path

from gateway.embedded.state_dir import StateDir


def environment(home: Path) -> dict[str, str]:
    """CALLGATE_* of the environment, over what `callgate up` wrote into its home."""
    try:
        written: dict[str, str] = json.loads(StateDir(home).environment.read_text())
    except (OSError, ValueError):
        return dict(os.environ)
    return {**written, **os.environ}
