"""What a box is asked to do: one HTTP exchange, or one run of a program. A secret is for the box only."""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from ipaddress import IPv4Network, IPv6Network

from sandbox.api.streams import BodySource, Spill

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class SecretReference:
    """One secret in Vault, and which kind of credential the runner makes of it.

    `fields` are those fields of the secret that the kind takes, in its order. `kind` names a row of the runner's table
    (`runner/credentials.go`); `parameters` are for that kind alone, plain JSON. With a `common_name`, `path` is a PKI engine's,
    which is asked to issue a certificate of that name.
    """

    path: str
    fields: tuple[str, ...]
    kind: str
    parameters: Mapping[str, object]
    common_name: str = ""


@dataclass(frozen=True, slots=True)
class Secret:
    """Where the runner finds the secrets of one job, all of which it needs.

    `wrapping_token` opens exactly once (Vault's response wrapping) to a token that can read the paths of `references`, each
    once, and nothing else. `vault` is an https URL, and `authorities` (PEM certificates; empty: those that the box trusts
    anyway) vouch for what answers there. `namespace` is Vault's own.
    """

    vault: str
    wrapping_token: str = field(repr=False)
    references: tuple[SecretReference, ...]
    _: KW_ONLY
    authorities: str = field(default="", repr=False)
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class PagedList:
    """How the list goes on of which a job asks for the first page: the runner fetches up to `most`, and joins what they have at
    `items`.

    `kind` is cursor, page, offset or link. `items`, `next` and `more` are JSON Pointers into a page, whose `-` is the last item
    of an array: what is joined, what leads to the next page (empty, for a link: the header Link does), and what is false on the
    last one (empty: nothing says so). What leads there goes into the pair of the query with the name `query`, percent-encoded,
    or to the pointer `body` in the request's JSON. `start`: the number of the first page, or how many items were before it.
    """

    most: int
    kind: str
    items: str
    _: KW_ONLY
    next: str = ""
    more: str = ""
    query: str = ""
    body: str = ""
    start: int = 0


@dataclass(frozen=True, slots=True)
class TokenOrder:
    """Which token a job obtains at its URL, in place of a request of a caller's (`runner/token.go`).

    `fields` are those of the client's secret at `secret_path`: client_id, client_secret, and what the grant is made of. `form`:
    what the endpoint is told beside them. `claims` are of an assertion that the box signs, `key_id` is of its key. The token is
    kept at `kept_at`. `reusable`: the endpoint takes one refresh token repeatedly. `connect`: which step of a
    person's connection the job is, and what that needs (`runner/token_connect.go`).
    """

    grant: str
    auth: str
    client_id: str
    _: KW_ONLY
    fields: Mapping[str, str]
    form: tuple[tuple[str, str], ...]
    secret_path: str
    kept_at: str
    reusable: bool = False
    claims: Mapping[str, object] = field(default_factory=dict)
    key_id: str = ""
    connect: Mapping[str, object] | None = field(default=None, repr=False)


#: Bytes of a list that is joined of pages and passes by: what fits into a box's memory, twice.
PAGED_MOST = 8 << 20


@dataclass(frozen=True, slots=True)
class Job:
    """One HTTP request, complete but for its secret. Times in seconds, sizes in bytes.

    `url` is absolute and final: the runner adds nothing to it but a secret whose place is the query. Where AWS's signature is
    made of it, its characters are escaped as that wants it, which changes no meaning. `send_within`: the time
    from the job's arrival in which the runner must begin to send, for a request that acts on nothing: it need not ask. None: it
    must ask. `authorities`: PEM certificates that may vouch for the upstream, beside those that the box trusts anyway.
    `certificate`: the secret with the certificate by which the box shows itself to the upstream's TLS, and its private key, in
    this order (PEM); no kind makes a credential of it. `redirects`: the origins (`https://host:port`) to which the upstream may
    redirect it, beside the URL's own; `portable`: the headers that go along there, beside what it asks for. `pages`:
    how its answer goes on. `response_bytes` and `timeout` are for all pages together. `token`: the
    answer is the seconds that the token is good for, `{"expires_in": …}`. `spill` takes the answer's body where that is longer
    than `response_bytes`; without it, such an answer is too large. `counts`: for each number that is counted, the JSON Pointers
    to where it may stand in an answer, of which the first counts that leads to one. `source` has the body in the place of
    `body`: it is sent as it is read, and so it is not sent again where the upstream redirects.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes | None
    timeout: float
    response_bytes: int
    _: KW_ONLY
    secret: Secret | None = None
    send_within: float | None = None
    authorities: str = field(default="", repr=False)
    certificate: Secret | None = None
    redirects: tuple[str, ...] = ()
    portable: tuple[str, ...] = ()
    pages: PagedList | None = None
    token: TokenOrder | None = None
    counts: tuple[tuple[str, ...], ...] = ()
    spill: Spill | None = field(default=None, repr=False, compare=False)
    source: BodySource | None = field(default=None, repr=False, compare=False)

    @property
    def longest_answer(self) -> int:
        """Bytes of a body that is not too large. A box holds all pages of a list, to join them."""
        spilled = self.spill.most if self.spill else 0
        return max(self.response_bytes, min(spilled, PAGED_MOST) if self.pages else spilled)

    @property
    def acts(self) -> bool:
        """Whether the request may change anything: only one that does not is sent unasked."""
        return self.send_within is None

    @property
    def is_spill_bounded(self) -> bool:
        """Whether what is over `longest_answer` is too large for its spill, whatever `response_bytes` is."""
        return self.spill is not None and self.longest_answer == self.spill.most

    @property
    def may_be_vaults(self) -> bool:
        """Whether the answer may be of Vault alone: what a person has connected is there, and good, or is removed."""
        return self.token is not None and self.token.connect is not None


@dataclass(frozen=True, slots=True)
class ProgramJob:
    """One run of a program of the tool author's, in a box of its image: JSON in on its standard input, JSON out.

    `way_out`: whether its box has destinations, which the program finds as HTTPS_PROXY and HTTP_PROXY. The secret goes into its
    requests for `credential_host` (`host:port`), which come to the runner in the clear and leave it in TLS if `credential_tls`;
    where there is no such host, the program gets it as a file (CALLGATE_CREDENTIAL_FILE), without anything that its kind would
    add to it in a request. Of several, each is a file, CALLGATE_CREDENTIAL_FILE_NAME, by the name of its place in a request.
    """

    command: tuple[str, ...]
    input: bytes = field(repr=False)
    timeout: float
    result_bytes: int
    _: KW_ONLY
    environment: tuple[tuple[str, str], ...] = ()
    way_out: bool = False
    secret: Secret | None = None
    credential_host: str = ""
    credential_tls: bool = True


@dataclass(frozen=True, slots=True)
class OwnPart:
    """A server of Callgate's own, such as Redis: no upstream, whatever an operator permits. `name` is for people."""

    name: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy that the operator names as the way to a destination. `login`: `user:password`, or empty."""

    host: str
    port: int
    login: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Destination:
    """A host and port that a box may reach. `private`: the private or loopback networks in which it may lie.

    `tls`: only TLS that asks for this very host is let through; without it, whatever the box sends. `preparation`: where the
    runner gets the credential, by one connection, before the permission to send; no other program gets there. `returns`: it may
    come back there, to keep what it has got. `own_parts`: the
    servers that it must not turn out to be, by whatever name. `client_certificate`: the box may show one in its TLS handshake,
    which is then longer. `proxy`: the way there; None: a connection of the broker's own.
    """

    host: str
    port: int
    private: tuple[Network, ...] = ()
    tls: bool = True
    preparation: bool = False
    own_parts: tuple[OwnPart, ...] = ()
    _: KW_ONLY
    client_certificate: bool = False
    proxy: Proxy | None = None
    returns: bool = False


@dataclass(frozen=True, slots=True)
class Egress:
    """All that one box may reach during its one job, and how much. The default is nothing.

    `bytes_out` and `bytes_in` bound all connections together, TLS included. `connections` counts every one that is asked for,
    the refused ones too.
    """

    destinations: tuple[Destination, ...] = ()
    bytes_out: int = 64 << 20
    bytes_in: int = 64 << 20
    connections: int = 64
