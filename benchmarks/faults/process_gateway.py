"""The gateway with its boxes replaced: jobs run in its own process. Only for the storm's volume."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from gateway.__main__ import main
from gateway.model.config import Config
from gateway.outside import Registries
from sandbox.api.ports import Pool
from sandbox.engine.protocol import Engine
from sandbox.testing.fake_pool import FakePool


@asynccontextmanager
async def in_process(_config: Config, _engine: Engine, _registries: Registries, _gateway_id: str) -> AsyncIterator[Pool]:
    pool = FakePool(64)
    try:
        yield pool
    finally:
        await pool.close()


if __name__ == "__main__":
    sys.path.remove(str(Path(__file__).parent))  # the files beside this one must not be importable as top-level modules
    sys.exit(main(in_process))
