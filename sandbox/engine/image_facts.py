"""What is known of an image without running it: what its author declares, and which files are in it."""

from collections.abc import Iterator, Mapping
from dataclasses import KW_ONLY, dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

#: Where a program is sought by its name alone, if the image sets no PATH.
USUAL_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class ListedImage:
    """`id` is `sha256:` and 64 hex digits, as a manifest names it; `size` is in bytes. An image may have no name."""

    names: tuple[str, ...]
    id: str
    size: int
    created: datetime


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """`platform` is `os/architecture`. `command` is what the image starts by itself: its entry point, then its arguments."""

    id: str
    names: tuple[str, ...]
    size: int
    platform: str
    _: KW_ONLY
    user: str = ""
    command: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    directory: str = "/"
    path: str = USUAL_PATH


@dataclass(frozen=True, slots=True)
class ImageFile:
    """`path` is absolute. `mode` has the permission bits with set-uid and set-gid. `target`: where a link leads."""

    path: str
    mode: int
    is_directory: bool = False
    target: str = ""


@dataclass(frozen=True, slots=True)
class EngineProgress:
    """How far the engine is: a line of what it does, and bytes, where it tells of any."""

    text: str
    done: int = 0
    total: int = 0


def facts_of(told: Mapping[str, Any]) -> ImageFacts:
    """From the Engine API's answer to an inspection."""
    config: Mapping[str, Any] = told.get("Config") or {}
    environment = dict(entry.split("=", 1) for entry in config.get("Env") or () if "=" in entry)
    return ImageFacts(
        told["Id"],
        tuple(told.get("RepoTags") or ()),
        int(told["Size"]),
        f"{told['Os']}/{told['Architecture']}",
        user=config.get("User") or "",
        command=(*(config.get("Entrypoint") or ()), *(config.get("Cmd") or ())),
        volumes=tuple(config.get("Volumes") or ()),
        directory=config.get("WorkingDir") or "/",
        path=environment.get("PATH") or USUAL_PATH,
    )


def listed(told: Mapping[str, Any]) -> ListedImage:
    """From an entry of the Engine API's list."""
    names = tuple(name for name in told.get("RepoTags") or () if name != "<none>:<none>")
    return ListedImage(names, told["Id"], int(told["Size"]), datetime.fromtimestamp(told["Created"], UTC))


class ImageFiles:
    """The files of an image, by their paths."""

    def __init__(self, files: Iterator[ImageFile]) -> None:
        self._files = {file.path: file for file in files}

    @property
    def set_uid(self) -> tuple[str, ...]:
        """The programs that ask to run as their owner or their owner's group."""
        return tuple(path for path, file in self._files.items() if file.mode & 0o6000 and not file.is_directory)

    def program(self, name: str, facts: ImageFacts) -> ImageFile | None:
        """What a command of this name starts. None where there is nothing."""
        if "/" in name:
            return self._at(PurePosixPath(facts.directory, name))
        found = (self._at(PurePosixPath(directory, name)) for directory in facts.path.split(":"))
        return next((file for file in found if file and not file.is_directory and file.mode & 0o111), None)

    def closed_above(self, path: str) -> str | None:
        """The directory on the way to a file through which not every user may pass, if there is one."""
        above = (self._files.get(str(parent)) for parent in PurePosixPath(path).parents)
        return next((one.path for one in above if one and not one.mode & 0o001), None)

    def _at(self, path: PurePosixPath, left: int = 40) -> ImageFile | None:
        """The file at the end of all links, of which the kernel follows 40."""
        resolved = PurePosixPath("/")
        for place, part in enumerate(path.parts[1:], 2):
            resolved = resolved.parent if part == ".." else resolved / part
            file = self._files.get(str(resolved))
            if file and file.target:
                rest = path.parts[place:]
                return self._at(PurePosixPath(resolved.parent, file.target, *rest), left - 1) if left else None
        return self._files.get(str(resolved))
