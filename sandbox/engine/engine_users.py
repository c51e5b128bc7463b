"""Which users of its host an engine can give to boxes: all of them, or those of a user namespace."""

from collections.abc import Mapping
from typing import Any

#: Where the engine says that it has a user namespace for its containers (`--userns-remap`).
_REMAPPED = "name=userns"


def is_remapped(info: Mapping[str, Any]) -> bool:
    """`info` is the Engine API's answer of that name."""
    return any(_REMAPPED in option.split(",") for option in info.get("SecurityOptions") or ())


def first_user_of(info: Mapping[str, Any]) -> int:
    """The number on the host of the user whom boxes know as 0.

    The engine tells it by the directory that it keeps for this namespace: `UID.GID` below its own.
    """
    if not is_remapped(info):
        return 0
    begin = str(info.get("DockerRootDir") or "").rpartition("/")[2].partition(".")[0]
    return int(begin) if begin.isdecimal() else 0
