"""What comes back from a box: an answer or a fault, and in either case the evidence of what left."""

from dataclasses import KW_ONLY, dataclass, field
from enum import StrEnum

from sandbox.api.fault_code import FaultCode


class Evidence(StrEnum):
    """What is known to have left the box."""

    NOT_SENT = "NOT_SENT"  # provably nothing
    SENT = "SENT"  # the request, perhaps, and no answer came
    RESPONDED = "RESPONDED"  # the request, for its answer has begun: the status is known
    NOT_DONE = "NOT_DONE"  # the request, and the answer's status says that it was not carried out: the gateway judges that

    @property
    def undone(self) -> bool:
        """Whether the attempt has provably had no effect."""
        return self in {Evidence.NOT_SENT, Evidence.NOT_DONE}


#: The verdict on a connection that was let through and not cut.
OPEN = "open"


@dataclass(frozen=True, slots=True)
class Connection:
    """One connection that the broker was asked for. `verdict` is OPEN, or why it was refused or cut, for people.

    `host` and `address` are as far as they were known; bytes are counted once the destination was permitted, TLS included.
    """

    host: str
    port: int
    address: str
    verdict: str
    bytes_out: int
    bytes_in: int


@dataclass(frozen=True, slots=True)
class Phase:
    """A timed part of a job, as the runner saw it (secret, connect, permission, exchange), or of an attempt.

    Seconds. `offset` counts from the job's arrival in the box; in an attempt's record, from the attempt's start.
    """

    name: str
    offset: float
    duration: float


@dataclass(frozen=True, slots=True)
class Usage:
    """What the job used and touched. `refused` names the kernel's calls that a program was refused: each once, a few."""

    connections: tuple[Connection, ...] = ()
    phases: tuple[Phase, ...] = ()
    refused: tuple[str, ...] = ()

    @property
    def bytes_out(self) -> int:
        return sum(connection.bytes_out for connection in self.connections)

    @property
    def bytes_in(self) -> int:
        return sum(connection.bytes_in for connection in self.connections)


@dataclass(frozen=True, slots=True)
class Head:
    """How an answer begins. Header names are lower case.

    `url`: what was asked last, where the upstream had redirected the request, without its secret. `unfollowed`: why the answer
    is a redirect that was not followed, for people.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    url: str = ""
    unfollowed: str = ""

    def header(self, name: str) -> str | None:
        """The first header of that name (any case), or None."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key == wanted), None)


#: Why no further page was fetched, though there was room for one: the first answer is no page; what a page leads to was asked
#: for before; the next page failed, was too large, or did not come in time; it lies on another origin.
STOPS = ("NOT_PAGED", "LOOP", "FAILED", "TOO_LARGE", "TIME", "ORIGIN")


@dataclass(frozen=True, slots=True)
class FetchedPages:
    """The pages of which an answer was made. `next`: by what the list goes on, as JSON; empty where it does not, as far as is
    known. `stopped`: one of STOPS, or empty; `why`, for people. `hidden`: a secret was taken out of `next`."""

    fetched: int
    items: int
    next: str = ""
    stopped: str = ""
    why: str = ""
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class CountedNumber:
    """What a job's answers have of one number that it was told to count: the sum, and how many have it, and have it not. An
    answer that was asked for and did not come as a whole has none."""

    sum: float
    had: int
    lacked: int


@dataclass(frozen=True, slots=True)
class Responded:
    """A complete answer, of any status. Header names are lower case; the body has no content coding that its headers do not
    name, and no units of more than a byte. `url` and `unfollowed` as in its head. `pages`: of how
    many it was made, where the job says how it goes on. `spilled`: the job's spill has the body, and here is its beginning.
    `counts`: in the job's order; empty of a stream, and where the job counts nothing."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    usage: Usage
    _: KW_ONLY
    url: str = ""
    unfollowed: str = ""
    pages: FetchedPages | None = None
    spilled: bool = False
    counts: tuple[CountedNumber, ...] = ()

    evidence = Evidence.RESPONDED

    @property
    def head(self) -> Head:
        return Head(self.status, self.headers, self.url, self.unfollowed)

    def header(self, name: str) -> str | None:
        """The first header of that name (any case), or None."""
        return self.head.header(name)


@dataclass(frozen=True, slots=True)
class Faulted:
    """No complete answer. `message` is for people and never contains a secret. `retry_after`: seconds, where it is known.

    `head` is of an answer that has begun, and was too large or broke off: then the evidence is RESPONDED. `body` is what had
    come of it.
    """

    fault: FaultCode
    evidence: Evidence
    message: str
    usage: Usage
    retry_after: float | None = None
    head: Head | None = None
    _: KW_ONLY
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Completed:
    """The program ended by itself, with any status. `output` is all that it wrote; `errors` is the end of its error output."""

    exit: int
    output: bytes
    errors: str
    usage: Usage

    evidence = Evidence.RESPONDED


Result = Responded | Completed | Faulted
