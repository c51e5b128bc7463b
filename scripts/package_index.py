"""Where packages come from: the index that pip is told to use, for uv, which does not read pip's settings."""

import os
import subprocess
import sys
from collections.abc import Mapping


def package_index() -> Mapping[str, str]:
    """What uv's environment needs beside this one's. No index is written into a file of ours."""
    told = subprocess.run([sys.executable, "-m", "pip", "config", "get", "global.index-url"], capture_output=True, check=False)
    index = os.environ.get("PIP_INDEX_URL") or told.stdout.decode().strip()
    return {"UV_DEFAULT_INDEX": index} if index and "UV_DEFAULT_INDEX" not in os.environ else {}
