"""What a program missed in its box, by what it says of it: most programs say it in the words of their system's library.

The words are those of the C library, Python, Node, Java, Go and the usual shells. docs/container-tools.md tells
what a box has, and what it has not.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Missed:
    """`pattern` is matched in any case. `what` is the end of "it missed …"."""

    pattern: str
    what: str
    cure: str


_SCRATCH = "`scratch_bytes` in the manifest is the room there."

#: In the order in which they are told.
MISSES = (
    Missed(
        r"read-only file ?system|EROFS|errno 30\b",
        "a place to write: the root is read-only, the working directory too",
        f"Let it write to /tmp alone (TMPDIR and HOME are /tmp): the root of a box is read-only. {_SCRATCH}",
    ),
    Missed(
        r"no space left on device|ENOSPC|errno 28\b|disk quota exceeded|file too large|EFBIG|errno 27\b",
        "room in /tmp",
        f"Let it write less, or give it more. {_SCRATCH}",
    ),
    Missed(
        r"dev/shm|semlock|sem_open|shm_open",
        "room in /dev/shm, which has as much as /tmp",
        f"Where `scratch_bytes` is 0, there is none: semaphores and shared memory need some. {_SCRATCH}",
    ),
    Missed(
        r"tmp/[^\s:]{0,99}: permission denied|failed to map segment from shared object|cannot execute",
        "the right to run what it has written: /tmp is noexec",
        "Put programs and libraries into the image, where its build makes them; what unpacks itself is unpacked there.",
    ),
    Missed(
        r"name resolution|could not resolve|getaddrinfo|no such host|unknownhost|enotfound|eai_again|nor servname|:53\b",
        "names of other hosts: a box has no resolver",
        "Let its HTTP library go by HTTPS_PROXY (most do by themselves), which resolves names, and name the host in `egress`.",
    ),
    Missed(
        r"network is unreachable|no route to host|ENETUNREACH|EHOSTUNREACH|errno 101\b",
        "a network: there is loopback alone",
        "Let it connect by the proxy of HTTPS_PROXY, and name the host in `egress`.",
    ),
    Missed(
        r"uid not found|no user exists for uid|cannot find name for|getpw(uid|nam)|(unknown|no such) user|user \S{1,64} does",
        "a user of the image's: a box runs as a number of its own, called `box`",
        "Do not look for the image's own users, and set none: a box gives no program another user.",
    ),
    Missed(
        r"operation not permitted|EPERM|setuid|setgid|initgroups|must be (run as )?root|are you root",
        "a power of root's",
        "Let it do without: no user to change to, no owner of files to set, no port, device or mount to open as root.",
    ),
    Missed(
        r"too many open files|EMFILE|errno 24\b",
        "descriptors: 256 may be open",
        "Let it open fewer files at once, or close what it has read.",
    ),
    Missed(
        r"can't start new thread|cannot fork|fork: |temporarily unavailable|EAGAIN|create .{0,40}thread|pthread_create",
        "processes or threads",
        "`processes` in the manifest bounds both together: raise it, or let it start fewer.",
    ),
    Missed(
        r"memoryerror|out of memory|cannot allocate memory|ENOMEM|heap (out of memory|space)|std::bad_alloc",
        "memory",
        "`memory_bytes` in the manifest bounds it, what lies in /tmp included: raise it.",
    ),
)


def misses(said: str) -> Iterator[Missed]:
    """What a program says that it missed."""
    yield from (miss for miss in MISSES if re.search(miss.pattern, said, re.IGNORECASE))
