"""What the Docker Engine's answers mean: the one table from its statuses and words to the cause, and so to the cure.

Docker gives causes no names: it passes on what containerd, runc and the kernel say. So the rows are words of theirs, as they
were when each cause was brought about (`tests/sandbox/engine/test_docker_answers.py` has them in full). What no row fits is
REFUSED, which says nothing untrue.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from errno import (
    EACCES,
    EAGAIN,
    ECONNREFUSED,
    ECONNRESET,
    EMFILE,
    ENFILE,
    ENOENT,
    ENOTDIR,
    EPERM,
    EPIPE,
    EPROTO,
    EPROTOTYPE,
    ETIMEDOUT,
)
from http import HTTPStatus

from sandbox.api.engine_trouble import EngineTrouble

#: Characters of an answer that are passed on: a program of the engine's that crashed says kilobytes.
LONGEST = 400


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """`status` None fits any. The words are looked for without regard to case."""

    trouble: EngineTrouble
    words: str
    status: int | None = None


#: In order: what the host lacks comes before what the engine could not do for want of it.
ROWS = (
    AnswerRow(EngineTrouble.FORBIDDEN, "", HTTPStatus.FORBIDDEN),
    AnswerRow(EngineTrouble.OUTDATED, r"client version \S+ is too (old|new)", HTTPStatus.BAD_REQUEST),
    AnswerRow(EngineTrouble.DISK_FULL, r"no space left on device|disk quota exceeded"),
    AnswerRow(EngineTrouble.OUT_OF_MEMORY, r"cannot allocate memory|out of memory"),
    AnswerRow(EngineTrouble.OUT_OF_FILES, r"too many open files"),
    # A program in Go that gets no thread ends with status 2.
    AnswerRow(
        EngineTrouble.OUT_OF_PROCESSES,
        r"resource temporarily unavailable|failed to create new os thread|did not terminate successfully: exit status 2",
    ),
    AnswerRow(EngineTrouble.ABSENT, r"client connection is closing|daemon is shutting down"),
    # containerd's client ends so what gRPC answers with UNAVAILABLE, whether the connection broke or none came about.
    AnswerRow(
        EngineTrouble.CONTAINERD_ABSENT,
        r"error while dialing.{0,200}containerd|containerd\.sock.{0,200}(refused|no such file)|: unavailable$",
    ),
    AnswerRow(EngineTrouble.PLACE_LOST, r"bind source path does not exist"),
    AnswerRow(
        EngineTrouble.STORAGE_BROKEN,
        r"read-only file system|input/output error|structure needs cleaning|failed to create rwlayer"
        r"|(overlay2|layerdb|vfs/dir)/\S*: no such file|layer does not exist",
    ),
    AnswerRow(
        EngineTrouble.USER_OUT_OF_RANGE, r"uids and gids must be in range|unmapped (user|group)|cannot be mapped to a host"
    ),
    # podman takes the profile itself for the name of its file.
    AnswerRow(EngineTrouble.FOREIGN, r"opening seccomp profile.{0,40}\{"),
    AnswerRow(EngineTrouble.PROFILE_REFUSED, r"seccomp|apparmor|selinux"),
    AnswerRow(
        EngineTrouble.RUNTIME_UNUSABLE,
        r"unknown runtime|invalid runtime name|unable to retrieve oci runtime error|find runc binary",
    ),
    AnswerRow(EngineTrouble.BOX_LOST, r"no such container", HTTPStatus.NOT_FOUND),
)

#: Why no connection to the engine's socket came about, or it broke.
CONNECTING = {
    ENOENT: EngineTrouble.ABSENT,
    ENOTDIR: EngineTrouble.ABSENT,
    ECONNREFUSED: EngineTrouble.ABSENT,
    ECONNRESET: EngineTrouble.ABSENT,
    EPIPE: EngineTrouble.ABSENT,
    EACCES: EngineTrouble.FORBIDDEN,
    EPERM: EngineTrouble.FORBIDDEN,
    EAGAIN: EngineTrouble.SILENT,  # as many as may wait to be taken do so
    ETIMEDOUT: EngineTrouble.SILENT,
    EPROTO: EngineTrouble.FOREIGN,
    EPROTOTYPE: EngineTrouble.FOREIGN,  # a socket of datagrams
    EMFILE: EngineTrouble.OUT_OF_FILES,
    ENFILE: EngineTrouble.OUT_OF_FILES,
}


def trouble_in_answer(status: int, message: str, *, otherwise: EngineTrouble = EngineTrouble.REFUSED) -> EngineTrouble:
    """The cause behind an answer that is no success. `otherwise` is the one where no row fits."""
    fitting = (row.trouble for row in ROWS if row.status in (None, status) and re.search(row.words, message, _ANY_CASE))
    return next(fitting, otherwise)


def trouble_of_connection(error: BaseException) -> EngineTrouble:
    """The cause behind a request that got no answer. An error of a library counts as what made it."""
    for link in _chain(error):
        if isinstance(link, TimeoutError):
            return EngineTrouble.SILENT
        if isinstance(link, OSError) and link.errno in CONNECTING:
            return CONNECTING[link.errno]
    # Neither the kernel nor the clock: the other side hung up, or said what is not HTTP, or no JSON.
    hung_up = any(isinstance(link, EOFError | ConnectionError) or "disconnected" in str(link).lower() for link in _chain(error))
    return EngineTrouble.ABSENT if hung_up else EngineTrouble.FOREIGN


def briefly(message: str) -> str:
    """The answer as a line that an operator can read."""
    line = " ".join(message.split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]} …"


_ANY_CASE = re.IGNORECASE | re.DOTALL


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
