"""Boxes as they must not be made. The attacks are tried on them to see that each can succeed, and would be noticed."""

from pathlib import Path
from typing import Any

from sandbox.adversary.calls import CAPABILITIES
from sandbox.adversary.places import DEVICES
from sandbox.hardening.profile import SCRATCH

Config = dict[str, Any]

#: Debian's engine of 2022 has no names for the capabilities from here on.
NAMED_BY_THE_ENGINE = 38


def held_by_the_host() -> set[str]:
    """The capabilities that this machine can give away: some hold back one or two."""
    status = Path("/proc/self/status").read_text()
    bounding = int(status.split("CapBnd:")[1].split()[0], 16)
    names = enumerate(CAPABILITIES.split())
    return {name for number, name in names if bounding >> number & 1 and number < NAMED_BY_THE_ENGINE}


def open_wide(config: Config) -> Config:
    """Root with every capability, no filter, the host's devices, and its directories, to write."""
    own = [{**mount, "ReadOnly": False} for mount in config["HostConfig"]["Mounts"]]
    hosts = [{"Type": "bind", "Source": path, "Target": path} for path in ("/run", "/sys")]
    host = {
        "CapAdd": sorted(name.upper() for name in held_by_the_host()),
        "NetworkMode": "none",
        "Mounts": own + hosts,
        "SecurityOpt": ["seccomp=unconfined"],
        "MaskedPaths": [],
        "ReadonlyPaths": [],
        "Devices": [_device(f"/dev/{name}") for name in DEVICES.split() if Path(f"/dev/{name}").exists()],
        "DeviceCgroupRules": ["a *:* rwm"],
        "Tmpfs": {SCRATCH: "rw,exec,suid,dev"} if config["HostConfig"]["Tmpfs"] else {},
        "IpcMode": "shareable",
    }
    return {**config, "User": "0:0", "HostConfig": host}


def as_the_engine_would(config: Config) -> Config:
    """A user of its own, but the engine's usual capabilities and filter, and programs that may gain privileges."""
    return {**config, "HostConfig": {**config["HostConfig"], "SecurityOpt": [], "CapDrop": []}}


def on_the_hosts_network(config: Config) -> Config:
    return {**config, "NetworkDisabled": False, "HostConfig": {**config["HostConfig"], "NetworkMode": "host"}}


def _device(path: str) -> dict[str, str]:
    return {"PathOnHost": path, "PathInContainer": path, "CgroupPermissions": "rwm"}
