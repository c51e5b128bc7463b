"""Where the attacks are made: on the engine that runs, each in boxes of its own."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

from sandbox.adversary.probe_box import Site
from sandbox.adversary.probe_image import ensure_probe_image
from sandbox.docker_engine import DockerEngine
from sandbox.profile import RUN_DIR_LABEL

Attack = Callable[[Site], Awaitable[Any]]


@pytest.fixture(scope="session")
def attacking(dockerd: docker.APIClient) -> Iterator[Callable[[Attack], Any]]:
    """Run an attack on a site, and see that nothing is left of it."""
    with tempfile.TemporaryDirectory(prefix="cg-", dir="/tmp") as directory:
        run_dir = Path(directory)
        run_dir.chmod(0o711)

        async def body(attack: Attack) -> Any:
            engine = DockerEngine()
            try:
                return await attack(Site(engine, await ensure_probe_image(engine), run_dir, "test"))
            finally:
                await engine.close()

        def run(attack: Attack) -> Any:
            answer = asyncio.run(body(attack))
            assert dockerd.containers(all=True, filters={"label": f"{RUN_DIR_LABEL}={run_dir}"}) == []
            assert list(run_dir.iterdir()) == []
            return answer

        yield run
