"""What the runner's image is made of, and the cure where a part is missing."""

from pathlib import Path

import pytest

from sandbox.api.errors import SandboxError
from sandbox.engine import runner_image


def test_a_runner_that_is_not_compiled_is_told_with_what_compiles_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = tmp_path / "callgate-runner"
    with pytest.raises(SandboxError, match=r"needs .*callgate-runner: No such file.*scripts/install"):
        runner_image.runner_image(runner=missing)
    monkeypatch.setattr(runner_image, "INSTALLER", tmp_path / "scripts" / "install")
    with pytest.raises(SandboxError, match="Install callgate-server again"):
        runner_image.runner_image(runner=missing)
