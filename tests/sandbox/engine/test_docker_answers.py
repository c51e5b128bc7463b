"""What the engine says, and which cause that is.

Most are the words of Docker 28, with runc 1.1, when the cause was brought about; `tests/promises/test_a10_engine_cures.py`
brings many of them about anew. Those of plug-ins, AppArmor, quotas, memory and open files are as the engine's and runc's
sources have them.
"""

import errno
import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from aiohttp import ClientConnectionError, ServerDisconnectedError

from sandbox.api.engine_trouble import EngineTrouble
from sandbox.engine.docker_answers import LONGEST, briefly, trouble_in_answer, trouble_of_connection

CREATE = "failed to create shim task: OCI runtime create failed: "
INIT = CREATE + "runc create failed: unable to start container process: "
LOG = "open /run/containerd/io.containerd.runtime.v2.task/moby/cf36/log.json: no such file or directory"

ANSWERS = [
    (EngineTrouble.FORBIDDEN, 403, "authorization denied by plugin opa: request rejected by administrative policy"),
    (
        EngineTrouble.OUTDATED,
        400,
        "client version 1.10 is too old. Minimum supported API version is 1.12, please upgrade your client to a newer version",
    ),
    (EngineTrouble.DISK_FULL, 500, "write /var/lib/docker/overlay2/9fa8720b-init/link: no space left on device"),
    (EngineTrouble.DISK_FULL, 500, "Error processing tar file(exit status 1): write /Dockerfile: no space left on device"),
    (EngineTrouble.DISK_FULL, 500, "mkdir /var/lib/docker/overlay2/9fa8: disk quota exceeded"),
    (EngineTrouble.STORAGE_BROKEN, 500, "mkdir /var/lib/docker/overlay2/9fa8-init: read-only file system"),
    (
        EngineTrouble.STORAGE_BROKEN,
        500,
        "symlink ../138e-init/diff /var/lib/docker/overlay2/l/BCIW7P7LI7PS2ZSGXYS2RUZM2B: no such file or directory",
    ),
    (
        EngineTrouble.STORAGE_BROKEN,
        0,  # from within the stream of a build
        "failed to create rwlayer: symlink ../8e20/diff /var/lib/docker/overlay2/l/IFGVRD6DF5: no such file or directory",
    ),
    (EngineTrouble.OUT_OF_MEMORY, 500, INIT + "fork/exec /proc/self/exe: cannot allocate memory: unknown"),
    (EngineTrouble.OUT_OF_PROCESSES, 500, CREATE + "runc did not terminate successfully: exit status 2: unknown"),
    (
        EngineTrouble.OUT_OF_PROCESSES,
        400,
        CREATE + f"unable to retrieve OCI runtime error ({LOG}): runc did not terminate successfully: exit status 2: unknown",
    ),
    (
        EngineTrouble.OUT_OF_PROCESSES,
        500,
        "failed to start shim: start failed: runtime/cgo: pthread_create failed: Resource temporarily unavailable\nSIGABRT",
    ),
    (EngineTrouble.OUT_OF_FILES, 500, "failed to start shim: pipe2: too many open files: unknown"),
    (
        EngineTrouble.CONTAINERD_ABSENT,
        500,
        'connection error: desc = "transport: Error while dialing dial unix /run/containerd/containerd.sock: connect:'
        ' connection refused": unavailable',
    ),
    (EngineTrouble.CONTAINERD_ABSENT, 500, "connection closed: unavailable"),
    (EngineTrouble.CONTAINERD_ABSENT, 500, "error reading from server: EOF: unavailable"),
    (
        EngineTrouble.PLACE_LOST,
        400,
        'invalid mount config for type "bind": bind source path does not exist: /run/callgate/gw/cg',
    ),
    (EngineTrouble.USER_OUT_OF_RANGE, 500, "uids and gids must be in range 0-2147483647"),
    (
        EngineTrouble.USER_OUT_OF_RANGE,
        500,
        INIT + "unable to setup user: cannot set uid to unmapped user in user namespace: unknown",
    ),
    (
        EngineTrouble.FOREIGN,  # podman 4.3
        500,
        'container create: opening seccomp profile failed: open {"defaultAction": "SCMP_ACT_ERRNO"}: file name too long',
    ),
    (EngineTrouble.PROFILE_REFUSED, 500, "seccomp is not enabled in your kernel, cannot run a custom seccomp profile"),
    (
        EngineTrouble.PROFILE_REFUSED,
        500,
        "Decoding seccomp profile failed: invalid character 'n' looking for beginning of object",
    ),
    (
        EngineTrouble.PROFILE_REFUSED,
        500,
        CREATE + "runc create failed: string SCMP_ACT_TRACE is not a valid action for seccomp: unknown",
    ),
    (
        EngineTrouble.PROFILE_REFUSED,
        500,
        "AppArmor enabled on system but the docker-default profile could not be loaded: running `apparmor_parser -V` failed",
    ),
    (
        EngineTrouble.PROFILE_REFUSED,
        500,
        INIT
        + "unable to apply apparmor profile: apparmor failed to apply profile: write fsmount:fscontext:proc/thread-self/attr/"
        "apparmor/exec: no such file or directory: unknown",
    ),
    (EngineTrouble.RUNTIME_UNUSABLE, 400, "Unknown runtime specified runsc"),
    (EngineTrouble.RUNTIME_UNUSABLE, 400, "unknown or invalid runtime name: runsc"),
    (
        EngineTrouble.RUNTIME_UNUSABLE,
        400,
        CREATE + f"unable to retrieve OCI runtime error ({LOG}): fork/exec /usr/bin/runsc: no such file or directory: unknown",
    ),
    (
        EngineTrouble.RUNTIME_UNUSABLE,
        400,
        CREATE + f"unable to retrieve OCI runtime error ({LOG}): runsc did not terminate successfully: exit status 1: unknown",
    ),
    (EngineTrouble.ABSENT, 500, "grpc: the client connection is closing"),
    (EngineTrouble.ABSENT, 500, "failed to create task for container: grpc: the client connection is closing: canceled"),
    (EngineTrouble.BOX_LOST, 404, "No such container: 9e9d514a2d85"),
    # No cause of these is known to be an engine's: they are passed on, with nothing untrue beside them.
    (EngineTrouble.REFUSED, 404, "No such image: callgate-runner:6cd7aec2c316"),
    (EngineTrouble.REFUSED, 400, "Range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available"),
    (EngineTrouble.REFUSED, 400, "Minimum memory limit allowed is 6MB"),
    (
        EngineTrouble.REFUSED,
        400,
        INIT + 'exec: "/callgate/callgate-runner": stat /callgate: no such file or directory: unknown',
    ),
    (EngineTrouble.REFUSED, 500, INIT + "error mounting: mkdir /proc/self/fd/7/file: not a directory: unknown"),
    (EngineTrouble.REFUSED, 500, ""),
]


@pytest.mark.parametrize(("trouble", "status", "message"), ANSWERS, ids=lambda value: str(value)[:40])
def test_an_answer_has_its_cause(trouble: EngineTrouble, status: int, message: str) -> None:
    assert trouble_in_answer(status, message) is trouble


def test_a_build_that_is_refused_for_no_known_cause_leaves_the_image_unmade() -> None:
    assert trouble_in_answer(500, "no builder", otherwise=EngineTrouble.IMAGE_UNMADE) is EngineTrouble.IMAGE_UNMADE
    full = trouble_in_answer(500, "no space left on device", otherwise=EngineTrouble.IMAGE_UNMADE)
    assert full is EngineTrouble.DISK_FULL


@contextmanager
def wrapped() -> Iterator[None]:
    """As the client wraps what the kernel says, without naming it as the cause."""
    try:
        yield
    except Exception as error:
        raise ClientConnectionError("Cannot connect") from error


CONNECTIONS = [
    (EngineTrouble.ABSENT, OSError(errno.ENOENT, "No such file or directory")),
    (EngineTrouble.ABSENT, OSError(errno.ECONNREFUSED, "Connection refused")),
    (EngineTrouble.ABSENT, ServerDisconnectedError()),
    (EngineTrouble.ABSENT, EOFError()),
    (EngineTrouble.FORBIDDEN, OSError(errno.EACCES, "Permission denied")),
    (EngineTrouble.SILENT, TimeoutError()),
    (EngineTrouble.SILENT, OSError(errno.EAGAIN, "Resource temporarily unavailable")),
    (EngineTrouble.OUT_OF_FILES, OSError(errno.EMFILE, "Too many open files")),
    (EngineTrouble.FOREIGN, json.JSONDecodeError("Expecting value", "<html>", 0)),
]


@pytest.mark.parametrize(("trouble", "error"), CONNECTIONS, ids=lambda value: repr(value)[:40])
def test_a_connection_that_failed_has_its_cause_however_the_client_wraps_it(trouble: EngineTrouble, error: Exception) -> None:
    assert trouble_of_connection(error) is trouble
    with pytest.raises(ClientConnectionError) as caught, wrapped():
        raise error
    assert trouble_of_connection(caught.value) is trouble


def test_each_cause_has_a_cure_of_its_own() -> None:
    cures = [trouble.cure for trouble in EngineTrouble]
    assert len(set(cures)) == len(cures)
    starting = [trouble for trouble in EngineTrouble if trouble.cure.startswith("Start the Docker daemon")]
    assert starting == [EngineTrouble.ABSENT]


def test_what_a_program_says_when_it_crashes_becomes_a_line() -> None:
    told = briefly("start failed: abort\n\ngoroutine 0 [idle]:\n" + 500 * "0x00007f8cdc1fe890: ")
    assert "\n" not in told
    assert len(told) <= LONGEST + 2
