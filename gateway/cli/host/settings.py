"""The gateway's settings, as a command on its machine finds them."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from gateway.embedded.passed_settings import with_absolute_paths
from gateway.embedded.state_dir import StateDir, default_home
from gateway.model.config import REQUIRED, ConfigInvalid, gateway_settings

#: The cure where the environment contradicts the home.
ONE_OF_BOTH = (
    "Unset it to look at that gateway, start that gateway anew with it, or name another home with --home. "
    "A relative path counts from the directory of this shell."
)

Home = Annotated[Path | None, typer.Option(help="the home of a stack that `callgate up` started")]


def environment(home: Path | None) -> dict[str, str]:
    """The settings of one gateway: of the environment, where it names one without a home, or of the stack at home.

    Raises ConfigInvalid where the environment says otherwise than what the gateway of that stack was started with: what would
    be looked at then is no gateway that runs.
    """
    own = {name: text for name, text in gateway_settings(os.environ).items() if text}
    if home is None and own.keys() >= set(REQUIRED):
        return dict(os.environ)
    home = home or default_home(os.environ)
    written = _written(home)
    if written is None:
        return dict(os.environ)
    # `callgate up` has made its paths absolute.
    for name in sorted(name for name, text in with_absolute_paths(own).items() if text != written.get(name)):
        raise ConfigInvalid(f"{name} of this environment is not what the gateway of {home} was started with", cure=ONE_OF_BOTH)
    return {**os.environ, **written}


def _written(home: Path) -> dict[str, str] | None:
    """What `callgate up` wrote into its home. None where it has written nothing."""
    try:
        return dict(json.loads(StateDir(home).environment.read_text()))
    except (OSError, ValueError):
        return None
