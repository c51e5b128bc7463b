"""Who may do what: Caller and ToolVersion in, Grant or refusal out. Pure; what it cannot decide it refuses.

Rights belong to a token, not to the principal that it stands for: each question is asked of a Caller, which carries its rule.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import lru_cache
from ipaddress import ip_network
from urllib.parse import urlsplit

from gateway.decisions import ceilings as beyond
from gateway.model.ceilings import Ceilings
from gateway.model.errors import CeilingExceeded, NotPermitted, UpstreamIsOwnPart
from gateway.model.own_parts import is_named
from gateway.model.principal import Caller, Principal
from gateway.model.principal import Rule as Rule  # noqa: PLC0414 - the policy's own word, to be had from here
from registry.credentials.kinds import grant_of
from registry.manifest.manifest import Manifest
from registry.model.import_fault import ImportFault
from registry.model.tool import Draft, ToolVersion
from sandbox.api.job import Destination, Egress, Network, OwnPart, Proxy

#: For addresses that the operator wrote into the configuration. The broker still refuses cloud metadata.
ANYWHERE: tuple[Network, ...] = (ip_network("0.0.0.0/0"), ip_network("::/0"))

#: The ceilings of an operator who has set none.
NO_WORD = Ceilings()

DEFAULT_PORTS = {"http": 80, "https": 443}

#: How often a request may leave with all of its body: once, and five times again where it is redirected.
SENT = 6

#: Bytes each way beyond a request, as often as it may leave, and its answer: heads, TLS, Vault, and what is under way when the
#: runner stops an answer that is too large. The runner keeps to the version's limits; this is the broker's own bound, should
#: the runner not be what it was.
OVERHEAD = 2 << 20

#: One to the upstream, five for redirects (`sandbox/runner/redirect.go`) and one to Vault; the rest is room for a resolver's
#: and a client's second tries.
CONNECTIONS = 12

#: For each further page of a list: connections, one of them for a redirect, and bytes each way beside what it brings.
TRIES, OF_PAGE = 2, 64 << 10
#: One to a token endpoint; and to Vault as often as the runner tries to keep a token, while Vault is away.
TOKEN_CONNECTIONS = 64

_TO_CONNECT = (
    "Run it with a token that may: an operator makes one by `callgate principal add … {rights}`, for the subject that is to be "
    "connected."
)


@dataclass(frozen=True, slots=True)
class Grant:
    """The decision for one call: all that its box may reach."""

    egress: Egress


ProxyOf = Callable[[str, int], Proxy | None]


def _no_proxy(_host: str, _port: int) -> Proxy | None:
    return None


class Policy:
    """`private`: the networks, private or loopback, that an operator lets upstreams lie in. `vault`: its URL.

    `own_parts` tells which servers are Callgate's own, and where they are now. `ceilings`: what manifests may ask for.
    `proxy_of`: the HTTP proxy by which a host and port are reached, where an operator names one.
    """

    def __init__(
        self,
        *,
        private: tuple[Network, ...],
        vault: str,
        own_parts: Callable[[], tuple[OwnPart, ...]] = tuple,
        ceilings: Ceilings = NO_WORD,
        proxy_of: ProxyOf = _no_proxy,
    ) -> None:
        self._private = private
        self._vault = vault
        self._own_parts = own_parts
        self._ceilings = ceilings
        self._proxy_of = proxy_of

    def authorize(self, caller: Caller, version: ToolVersion) -> Grant:
        """The grant for a call of this version, whatever its arguments. Raises NotPermitted, and as `grant` does."""
        self.require_call(caller, version.name)
        return self.grant(version)

    def grant(self, version: ToolVersion) -> Grant:
        """What a call that was authorized when its key was claimed may reach, whichever gateway goes on with it.

        Raises UpstreamIsOwnPart, CeilingExceeded.
        """
        self.require_within_ceilings(version)
        self.require_upstreams(version.draft)
        return Grant(self._egress(version.draft))

    def require_call(self, caller: Caller, tool: str) -> None:
        """Raises NotPermitted where this caller may not call the tool of this name."""
        if not self.may_call(caller, tool):
            raise NotPermitted(f"{caller.principal.agent} may not call {tool}")

    def may_call(self, caller: Caller, tool: str) -> bool:
        return any(fnmatchcase(tool, pattern) for pattern in caller.rule.tools)

    def may_see(self, caller: Caller, owner: Principal) -> bool:
        """Whether this caller may read and cancel a call of that one: its own, or its tenant's where it reviews or operates."""
        principal, rule = caller.principal, caller.rule
        return principal == owner or (principal.tenant == owner.tenant and (rule.may_review or rule.may_operate))

    def authorize_kill(self, caller: Caller, owner: Principal) -> None:
        """Raises NotPermitted where this caller may not stop a run of that one: it may its own, and its tenant's where it
        operates."""
        principal, rule = caller.principal, caller.rule
        if principal != owner and not (principal.tenant == owner.tenant and rule.may_operate):
            raise NotPermitted(f"{principal.agent} may not kill runs of {owner.agent}")

    def require_within_ceilings(self, version: ToolVersion) -> None:
        """Raises CeilingExceeded where a version, imported when the ceilings were higher, asks for more than they allow now."""
        if excess := next(beyond.of_draft(version.draft, self._ceilings), None):
            raise CeilingExceeded(f"{version.reference}: {excess.message}", cure=f"{excess.cure} {CeilingExceeded.cure}")

    def ceiling_faults(self, manifest: Manifest, drafts: Iterable[Draft]) -> tuple[ImportFault, ...]:
        """What of an import is beyond the ceilings: nothing of it may be stored then."""
        return beyond.import_faults(manifest, drafts, self._ceilings)

    def require_upstreams(self, draft: Draft) -> None:
        """Raises UpstreamIsOwnPart where the draft names a server of Callgate itself as one that its calls go to.

        Where the server has another name, the broker finds out, by the address.
        """
        endpoints = (url for one in draft.credentials if (grant := grant_of(one)) for url in grant.endpoints)
        for upstream in (
            *self._upstreams(draft),
            *map(self._completed, (destination(url, self._private) for url in endpoints)),
        ):
            self._require_foreign(upstream, draft.name)

    def _require_foreign(self, upstream: Destination, what: str) -> None:
        own = next((part for part in upstream.own_parts if is_named(part, upstream.host, upstream.port)), None)
        if own:
            raise UpstreamIsOwnPart(f"{what} has {own.name} of Callgate itself as its upstream")

    def endpoint(self, url: str) -> Egress:
        """What a box may reach that obtains a token at this URL: that, and Vault, where it returns to keep the token.

        Raises UpstreamIsOwnPart.
        """
        named = self._completed(destination(url, self._private))
        self._require_foreign(named, "a token endpoint")
        vault = replace(destination(self._vault, ANYWHERE), preparation=True, returns=True)
        return Egress((named, vault), bytes_out=OVERHEAD, bytes_in=OVERHEAD, connections=TOKEN_CONNECTIONS)

    def _egress(self, draft: Draft) -> Egress:
        """All that the version names, and Vault where there is a secret to fetch: that by no proxy."""
        secret = draft.credential or draft.client_certificate
        vault = (replace(destination(self._vault, ANYWHERE), preparation=True),) if secret else ()
        destinations = (*self._upstreams(draft), *vault)
        if draft.container is not None:
            bound = draft.container.egress_bytes
            return Egress(destinations, bytes_out=bound, bytes_in=bound)
        further = draft.pagination.pages - 1 if draft.pagination else 0
        out = (SENT + further) * draft.limits.request_bytes + OVERHEAD + further * OF_PAGE
        into = draft.limits.response_bytes + OVERHEAD + further * OF_PAGE
        return Egress(destinations, bytes_out=out, bytes_in=into, connections=CONNECTIONS + further * TRIES)

    def _upstreams(self, draft: Draft) -> Iterator[Destination]:
        if draft.container is not None:
            named = [listed(entry, self._private) for entry in draft.container.egress]
        else:
            named = [destination(url, self._private) for url in (draft.operation.server, *draft.redirects)]
        shows = draft.client_certificate is not None
        places = {(one.host, one.port): one for one in reversed(named)}  # what is named twice is as it was named first
        return (replace(self._completed(one), client_certificate=shows) for one in reversed(places.values()))

    def _completed(self, one: Destination) -> Destination:
        """With what is Callgate's own, and with the proxy by which it is reached."""
        return replace(one, own_parts=self._own_parts(), proxy=self._proxy_of(one.host, one.port))

    def require_record(self, caller: Caller) -> None:
        """Raises NotPermitted where this caller may not store recordings."""
        if not self.may_record(caller):
            raise NotPermitted(f"{caller.principal.agent} may not record runs")

    def may_record(self, caller: Caller) -> bool:
        return caller.rule.may_record

    def authorize_connect(self, caller: Caller, *, others: bool) -> None:
        """Raises NotPermitted where this caller may not connect its subject to an API. `others`: all of its tenant, or another
        subject."""
        if not caller.rule.may_connect:
            told = f"{caller.principal.agent} may not connect {caller.principal.subject} to APIs"
            raise NotPermitted(told, cure=_TO_CONNECT.format(rights="--may connect"))
        if others and not self.looks_after_tools(caller):
            told = f"{caller.principal.agent} may connect and disconnect its own subject alone"
            raise NotPermitted(told, cure=_TO_CONNECT.format(rights="--may connect --may operate"))

    def looks_after_tools(self, caller: Caller) -> bool:
        """Whether this caller sees who of its tenant is connected, and may connect and disconnect in the tenant's name."""
        return caller.rule.may_import or caller.rule.may_operate

    def authorize_review(self, caller: Caller) -> None:
        """Raises NotPermitted where this caller may not decide what became of its tenant's calls."""
        if not caller.rule.may_review:
            raise NotPermitted(f"{caller.principal.agent} may not review calls")

    def authorize_operate(self, caller: Caller) -> None:
        """Raises NotPermitted where this caller may not say who calls, and what became of hosts, which all tenants wait for."""
        if not caller.rule.may_operate:
            raise NotPermitted(f"{caller.principal.agent} may not operate the gateways")

    def authorize_import(self, caller: Caller) -> None:
        """Raises NotPermitted where this caller may not import toolsets."""
        if not caller.rule.may_import:
            raise NotPermitted(f"{caller.principal.agent} may not import toolsets")

    def authorize_promote(self, caller: Caller) -> None:
        """Raises NotPermitted where this caller may not let versions be called."""
        if not caller.rule.may_promote:
            raise NotPermitted(f"{caller.principal.agent} may not promote versions")

    def authorize_switch_off(self, caller: Caller) -> None:
        """Raises NotPermitted where this caller may not advise against versions, disable or retire them."""
        rule = caller.rule
        if not (rule.may_import or rule.may_promote or rule.may_operate):
            raise NotPermitted(f"{caller.principal.agent} may not deprecate, disable or retire versions")

    def may_inspect(self, caller: Caller) -> bool:
        """Whether this caller may read versions that may not be called: to promote one is to read it first."""
        return caller.rule.may_import or caller.rule.may_promote


def listed(entry: str, private: tuple[Network, ...]) -> Destination:
    """A destination as a container tool lists it: `host:port` for TLS, `http://host:port` for what is in the clear."""
    return destination(entry if entry.startswith("http://") else f"https://{entry}", private)


@lru_cache(maxsize=1024)  # each call asks of its upstream's twice
def destination(url: str, private: tuple[Network, ...]) -> Destination:
    """The host and port of an absolute http or https URL."""
    parts = urlsplit(url)
    port = parts.port or DEFAULT_PORTS[parts.scheme]
    return Destination(parts.hostname or "", port, private, tls=parts.scheme == "https")
