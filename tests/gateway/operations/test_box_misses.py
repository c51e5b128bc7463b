"""What programs of every language say that they missed, in their libraries' own words."""

import pytest

from gateway.operations.box_misses import misses

WORDS = {
    "Python writes beside its program": ("OSError: [Errno 30] Read-only file system: 'cache.db'", "scratch_bytes"),
    "Node writes beside its program": ("Error: EROFS: read-only file system, open 'out.log'", "scratch_bytes"),
    "Java fills its room": ("java.io.IOException: No space left on device", "scratch_bytes"),
    "Python's multiprocessing": ("FileNotFoundError: [Errno 2] No such file or directory: '/dev/shm/sem.x'", "scratch_bytes"),
    "Python resolves a name": ("socket.gaierror: [Errno -3] Temporary failure in name resolution", "HTTPS_PROXY"),
    "Node resolves a name": ("Error: getaddrinfo ENOTFOUND api.example", "HTTPS_PROXY"),
    "Go resolves a name": ("dial tcp: lookup api.example: no such host", "HTTPS_PROXY"),
    "curl resolves a name": ("curl: (6) Could not resolve host: api.example", "HTTPS_PROXY"),
    "Java resolves a name": ("java.net.UnknownHostException: api.example", "HTTPS_PROXY"),
    "a connection by address": ("connect: Network is unreachable", "egress"),
    "Python asks who it is": ("KeyError: 'getpwnam(): name not found: app'", "image's own users"),
    "ssh asks who it is": ("No user exists for uid 100007", "image's own users"),
    "PostgreSQL as root": ("initdb: error: must be run as root", "do without"),
    "a change of user": ("setuid: Operation not permitted", "do without"),
    "a library unpacked itself": ("/tmp/x.so: failed to map segment from shared object", "into the image"),
    "a program unpacked itself": ("fork/exec /tmp/program: permission denied", "into the image"),
    "many files": ("OSError: [Errno 24] Too many open files", "fewer files"),
    "many threads": ("RuntimeError: can't start new thread", "processes"),
    "Java's threads": ("java.lang.OutOfMemoryError: unable to create native thread", "processes"),
    "Python's memory": ("MemoryError", "memory_bytes"),
    "Node's memory": ("FATAL ERROR: JavaScript heap out of memory", "memory_bytes"),
}


@pytest.mark.parametrize(("said", "cure"), WORDS.values(), ids=WORDS.keys())
def test_what_a_program_says_leads_to_what_it_missed(said: str, cure: str) -> None:
    assert any(cure in miss.cure for miss in misses(said))


@pytest.mark.parametrize("said", ["", "no such order", "invalid JSON", "the user did not pay", "404 Not Found"])
def test_a_failure_of_its_own_is_no_miss(said: str) -> None:
    assert list(misses(said)) == []
