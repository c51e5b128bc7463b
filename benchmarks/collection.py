"""Where the OpenAPI documents of others lie that the benchmarks read: beside the clone, or where CALLGATE_SPECS says."""

import os
from pathlib import Path

SPECS = Path(os.environ.get("CALLGATE_SPECS", Path(__file__).parents[2] / "shared" / "specs"))
