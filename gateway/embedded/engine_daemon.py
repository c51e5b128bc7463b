"""A container engine, if there is none. One that answers already is left alone, at the start and at the end."""

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

from gateway.embedded.child import Child
from gateway.embedded.errors import PartFailed, PartMissing
from gateway.embedded.state_dir import StateDir
from gateway.operations.health_checks import ask_engine
from sandbox.api.engine_trouble import EngineTrouble
from sandbox.engine.docker_answers import trouble_of_connection
from sandbox.hardening.runtimes import RUNSC, RUNSC_FLAGS

_READY_WITHIN = 60.0
#: What `callgate up` says otherwise than a gateway that runs.
_CURES = {
    EngineTrouble.FORBIDDEN: (
        "Run this as root, as who may open the engine's socket and give boxes users of their own: `sudo callgate up`, with the "
        "path of the program where sudo does not find it."
    )
}
_GRACE = 20.0  # seconds: it ends its own children first


class EngineDaemon:
    def __init__(self, state: StateDir, socket: Path) -> None:
        self._state = state
        self._socket = socket
        self._child: Child | None = None

    @property
    def ours(self) -> bool:
        return self._child is not None

    @property
    def pid(self) -> int | None:
        """Of the one we started, while it lives."""
        return self._child.pid if self._child and self._child.alive else None

    async def start(self) -> None:
        """Raises PartMissing where there is none and we cannot start one, PartFailed."""
        trouble = await self._trouble()
        if trouble is None:
            return
        if trouble is not EngineTrouble.ABSENT:  # there is one, or what stands in its place: to start another is no cure
            raise PartFailed(
                f"the container engine on {self._socket} cannot be used: {trouble}", cure=_CURES.get(trouble, trouble.cure)
            )
        program = self._program()
        own = self._state.engine
        places = [f"--data-root={own}/images", f"--exec-root={own}/exec", f"--pidfile={own}/dockerd.pid"]
        # Boxes have no network at all, so the engine needs neither a bridge nor the firewall.
        command = [program, f"--host=unix://{self._socket}", *places, "--bridge=none", "--iptables=false", "--ip6tables=false"]
        command += self._runtimes()
        self._child = Child("engine", command, log=self._state.logs / "engine.log", orphan_signal=signal.SIGTERM)
        try:
            await self._child.wait_ready(self._answers, _READY_WITHIN)
        except PartFailed:
            await self.stop()  # one that fails has mounted something, too
            raise

    async def stop(self) -> None:
        if self._child:
            await self._child.stop(_GRACE)
            self._unmount_what_it_left()

    def _runtimes(self) -> list[str]:
        """Where gVisor is installed, boxes may have it: flags for a runtime can be given in a file only."""
        runsc = shutil.which(RUNSC)
        if runsc is None:
            return []
        self._state.engine.mkdir(parents=True, exist_ok=True)
        file = self._state.engine / "daemon.json"
        file.write_text(json.dumps({"runtimes": {RUNSC: {"path": runsc, "runtimeArgs": RUNSC_FLAGS}}}))
        return [f"--config-file={file}"]

    def _unmount_what_it_left(self) -> None:
        """After a container on the host's network, that namespace; after an end by force, more."""
        points = [line.split()[4].replace(r"\040", " ") for line in Path("/proc/self/mountinfo").read_text().splitlines()]
        left = [point for point in points if Path(point).is_relative_to(self._state.engine.resolve())]
        for point in reversed(left):  # the latest first, for it may lie upon an earlier one
            subprocess.run(["/bin/umount", "--lazy", point], check=False)  # noqa: S603 - our own directory; it says itself what fails

    def _program(self) -> str:
        absent = f"no container engine answers on {self._socket}"
        program = shutil.which("dockerd")
        if program is None:
            raise PartMissing(
                f"{absent}, and dockerd is not installed", cure="Install Docker, for example `apt-get install docker.io`."
            )
        if os.geteuid() != 0:
            cure = "Start Docker (where systemd runs it, `systemctl start docker`), or run this as root, which starts one."
            raise PartMissing(f"{absent}, and only root can start one", cure=cure)
        return program

    async def _answers(self) -> bool:
        return await self._trouble() is None

    async def _trouble(self) -> EngineTrouble | None:
        """Why the engine cannot be used. None: it answers."""
        try:
            answer = await ask_engine(self._socket, "/_ping")
        except OSError as error:
            trouble = trouble_of_connection(error)
            another = trouble is EngineTrouble.ABSENT and self._socket.exists() and not self._socket.is_socket()
            return EngineTrouble.FOREIGN if another else trouble
        return EngineTrouble.FOREIGN if answer is None else None
