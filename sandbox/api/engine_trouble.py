"""Why the container engine makes no box: one closed list, and for each cause what an operator does about it.

Who classifies: `sandbox.engine.docker_answers` what the engine says, `sandbox.reaping.place` what the gateway's own directory
refuses.
"""

from enum import StrEnum


class EngineTrouble(StrEnum):
    # No engine, or none that may be asked.
    ABSENT = "absent"  # nothing listens on its socket, or it ended in the middle
    FORBIDDEN = "forbidden"  # the gateway may not use its socket, or a plug-in of the engine's refuses the request
    SILENT = "silent"  # it takes the request and gives no answer in time
    FOREIGN = "foreign"  # what answers there is no container engine
    OUTDATED = "outdated"  # it speaks no version of the API that the gateway speaks
    CONTAINERD_ABSENT = "containerd_absent"  # the daemon below the engine does not answer it

    # The host lacks something.
    DISK_FULL = "disk_full"
    STORAGE_BROKEN = "storage_broken"  # a disk that cannot be written, or the engine's own files are gone
    OUT_OF_MEMORY = "out_of_memory"
    OUT_OF_PROCESSES = "out_of_processes"
    OUT_OF_FILES = "out_of_files"

    # What a box is made of.
    IMAGE_UNMADE = "image_unmade"  # the runner's image is gone, and cannot be made again
    PLACE_LOST = "place_lost"  # the directory of the boxes' sockets is not there, or not where the engine looks
    PROFILE_REFUSED = "profile_refused"  # the engine or the kernel does not apply the seccomp or AppArmor profile
    USER_OUT_OF_RANGE = "user_out_of_range"  # the host has no such user for the box
    USERS_TAKEN = "users_taken"  # other gateways have all the users that boxes may run as
    RUNTIME_UNUSABLE = "runtime_unusable"  # the engine does not know the runtime, or the program is not there

    # One box.
    BOX_LOST = "box_lost"  # an operator removed the box while it was being made
    RUNNER_ENDED = "runner_ended"  # the box started, and its runner ended or said nothing

    REFUSED = "refused"  # anything else that the engine says

    @property
    def cure(self) -> str:
        return _CURES[self]

    @property
    def of_host(self) -> bool:
        """Whether it concerns every box, whatever its image and its runtime."""
        return self in _OF_HOST

    @property
    def may_pass(self) -> bool:
        """Whether the next box may well be made: what was removed meanwhile is then made again."""
        return self in {EngineTrouble.BOX_LOST, EngineTrouble.RUNNER_ENDED, EngineTrouble.PLACE_LOST}


_CURES = {
    EngineTrouble.ABSENT: (
        "Start the Docker daemon: by `systemctl start docker` where systemd runs it; by starting `callgate up` anew where"
        " another one had started it, which has ended. Or correct CALLGATE_DOCKER_SOCKET; `callgate doctor` checks it."
    ),
    EngineTrouble.FORBIDDEN: (
        "Run the gateway as a user who may use Docker's socket, as root does;"
        " or let the engine's authorization plug-in permit what a box needs."
    ),
    EngineTrouble.SILENT: (
        "Docker is there and hangs: read its log (`journalctl -u docker`), look for load on its host,"
        " and restart it if it stays so."
    ),
    EngineTrouble.FOREIGN: (
        "Let CALLGATE_DOCKER_SOCKET name the socket of a Docker engine: what answers there is none, or is podman."
    ),
    EngineTrouble.OUTDATED: "Upgrade Docker to 20.10 or later.",
    EngineTrouble.CONTAINERD_ABSENT: (
        "Start containerd (where systemd runs it, `systemctl restart containerd`), then restart Docker."
    ),
    EngineTrouble.DISK_FULL: (
        "Free space on the disk that the message names, else on Docker's own (`docker info`: Docker Root Dir):"
        " `docker system df` tells what Docker keeps, `df` and `df -i` the rest."
    ),
    EngineTrouble.STORAGE_BROKEN: (
        "Look at the disk that the message names, or at Docker's own (`dmesg`, `mount`)."
        " Where Docker's own files were removed, restart Docker."
    ),
    EngineTrouble.OUT_OF_MEMORY: "Free memory on the engine's host, or keep fewer boxes: CALLGATE_POOL_SIZE.",
    EngineTrouble.OUT_OF_PROCESSES: (
        "Let the engine's host have more processes: Docker's TasksMax, `ulimit -u`, kernel.pid_max; or keep fewer boxes."
    ),
    EngineTrouble.OUT_OF_FILES: "Raise the limit of open files (`ulimit -n`, LimitNOFILE) of who says so in the message.",
    EngineTrouble.IMAGE_UNMADE: (
        "Let the engine build the runner's image again: the message has the reason why it does not. No restart is needed."
    ),
    EngineTrouble.PLACE_LOST: (
        "Let CALLGATE_RUN_DIR be a directory that the gateway can write, and that has the same path on the engine's host."
    ),
    EngineTrouble.PROFILE_REFUSED: (
        "Let the engine's host apply security profiles: a kernel with seccomp filters, and where it uses AppArmor,"
        " apparmor_parser installed and Docker restarted. No box is made without its profile."
    ),
    EngineTrouble.USER_OUT_OF_RANGE: (
        "Let CALLGATE_FIRST_BOX_USER be a number of this host that the engine has for its containers: with userns-remap, one of"
        " its range in /etc/subuid and /etc/subgid, behind the first. `callgate doctor` names one."
    ),
    EngineTrouble.USERS_TAKEN: (
        "Stop the gateways that are too many in this run directory, and remove the directories of dead ones from it;"
        " or give this gateway another CALLGATE_RUN_DIR."
    ),
    EngineTrouble.RUNTIME_UNUSABLE: "Install the runtime that the message names, such as runc, and restart Docker.",
    EngineTrouble.BOX_LOST: "Stop what removes boxes while they are made, such as `docker system prune` in a loop.",
    EngineTrouble.RUNNER_ENDED: "Read the engine's log for the box, and run `callgate doctor`: it starts a box of its own.",
    EngineTrouble.REFUSED: "The message has the engine's reason, and its log (`journalctl -u docker`) may have more.",
}

_OF_HOST = frozenset(
    {
        EngineTrouble.ABSENT,
        EngineTrouble.FORBIDDEN,
        EngineTrouble.SILENT,
        EngineTrouble.FOREIGN,
        EngineTrouble.OUTDATED,
        EngineTrouble.CONTAINERD_ABSENT,
        EngineTrouble.DISK_FULL,
        EngineTrouble.STORAGE_BROKEN,
        EngineTrouble.OUT_OF_MEMORY,
        EngineTrouble.OUT_OF_PROCESSES,
        EngineTrouble.OUT_OF_FILES,
        EngineTrouble.PLACE_LOST,
        EngineTrouble.USER_OUT_OF_RANGE,
        EngineTrouble.USERS_TAKEN,
        EngineTrouble.BOX_LOST,
    }
)
