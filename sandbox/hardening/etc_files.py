"""The files of /etc by which a program in a box learns who it is, and where `localhost` is.

An image's own do not tell: a box runs as a number that no image knows, and its engine leaves the list of hosts empty. They are
mounted over the image's, so that its other users have no name in a box; none of them has a process there.
"""

from pathlib import Path

#: What a program in a box is called, and its host.
USER, HOST = "box", "box"


def etc_files(uid: int) -> dict[str, bytes]:
    """The files of the user with this number in its box, by names that differ where the files do."""
    people = f"root:x:0:0::/:/sbin/nologin\n{USER}:x:{uid}:{uid}::/tmp:/sbin/nologin\n"
    groups = f"root:x:0:\n{USER}:x:{uid}:\n"
    texts = {"hosts": f"127.0.0.1 localhost {HOST}\n", f"passwd-{uid}": people, f"group-{uid}": groups}
    return {name: text.encode() for name, text in texts.items()}


def etc_directory(tools: Path) -> Path:
    """Where they lie on the host: beside the tools, and not among them, for each box would see how many others there are."""
    return tools.with_name(f"{tools.name}-etc")


def etc_targets(uid: int) -> dict[str, str]:
    """Where each of them is mounted in the box."""
    return {"hosts": "/etc/hosts", f"passwd-{uid}": "/etc/passwd", f"group-{uid}": "/etc/group"}
