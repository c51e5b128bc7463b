"""Who may do what: Principal and ToolVersion in, Grant or refusal out. Pure; what it cannot decide it refuses."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import lru_cache
from ipaddress import ip_network
from urllib.parse import urlsplit

from gateway.decisions import ceilings as beyond
from gateway.model.ceilings import Ceilings
from gateway.model.errors import CeilingExceeded, NotPermitted, UpstreamIsOwnPart
from gateway.model.own_parts import is_named
from gateway.model.principal import Principal
from registry.manifest.manifest import Manifest
from registry.model.import_fault import ImportFault
from registry.model.tool import Draft, ToolVersion
from sandbox.api.job import Destination, Egress, Network, OwnPart

#: For addresses that the operator wrote into the configuration. The broker still refuses cloud metadata.
ANYWHERE: tuple[Network, ...] = (ip_network("0.0.0.0/0"), ip_network("::/0"))

#: The ceilings of an operator who has set none.
NO_WORD = Ceilings()

DEFAULT_PORTS = {"http": 80, "https": 443}

#: Bytes each way beyond a request and its answer: heads, TLS, Vault, and what is under way when the runner stops an answer that
#: is too large. The runner keeps to the version's limits; this is the broker's own bound, should the runner not be what it was.
OVERHEAD = 2 << 20

#: One to the upstream and one to Vault; the rest is room for a resolver's and a client's second tries.
CONNECTIONS = 8


@dataclass(frozen=True, slots=True)
class Rule:
    """What one principal may do. `tools` are fnmatch patterns of tool names. `may_record`: None, where it may call anything."""

    tools: tuple[str, ...] = ()
    may_import: bool = False
    may_review: bool = False
    may_operate: bool = False
    may_record: bool | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """The decision for one call: all that its box may reach."""

    egress: Egress


class Policy:
    """`private`: the networks, private or loopback, that an operator lets upstreams lie in. `vault`: its URL.

    `own_parts` tells which servers are Callgate's own, and where they are now. `ceilings`: what manifests may ask for.
    """

    def __init__(
        self,
        rules: Mapping[Principal, Rule],
        *,
        private: tuple[Network, ...],
        vault: str,
        own_parts: Callable[[], tuple[OwnPart, ...]] = tuple,
        ceilings: Ceilings = NO_WORD,
    ) -> None:
        self._rules = rules
        self._private = private
        self._vault = vault
        self._own_parts = own_parts
        self._ceilings = ceilings

    def authorize(self, principal: Principal, version: ToolVersion) -> Grant:
        """The grant for a call of this version, whatever its arguments. Raises NotPermitted, UpstreamIsOwnPart,
        CeilingExceeded."""
        self.require_call(principal, version.name)
        self.require_within_ceilings(version)
        self.require_upstreams(version.draft)
        return Grant(self._egress(version.draft))

    def require_call(self, principal: Principal, tool: str) -> None:
        """Raises NotPermitted where this caller may not call the tool of this name."""
        rule = self._rules.get(principal, Rule())
        if not any(fnmatchcase(tool, pattern) for pattern in rule.tools):
            raise NotPermitted(f"{principal.agent} may not call {tool}")

    def may_see(self, principal: Principal, owner: Principal) -> bool:
        """Whether this caller may read and cancel a call of that one: its own, or its tenant's where it reviews or operates."""
        rule = self._rules.get(principal, Rule())
        return principal == owner or (principal.tenant == owner.tenant and (rule.may_review or rule.may_operate))

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
        for upstream in self._upstreams(draft):
            own = next((part for part in upstream.own_parts if is_named(part, upstream.host, upstream.port)), None)
            if own:
                raise UpstreamIsOwnPart(f"{draft.name} has {own.name} of Callgate itself as its upstream")

    def _egress(self, draft: Draft) -> Egress:
        """All that the version names, and Vault where there is a secret to fetch."""
        vault = (replace(destination(self._vault, ANYWHERE), preparation=True),) if draft.credential else ()
        destinations = (*self._upstreams(draft), *vault)
        if draft.container is not None:
            bound = draft.container.egress_bytes
            return Egress(destinations, bytes_out=bound, bytes_in=bound)
        out, into = draft.limits.request_bytes + OVERHEAD, draft.limits.response_bytes + OVERHEAD
        return Egress(destinations, bytes_out=out, bytes_in=into, connections=CONNECTIONS)

    def _upstreams(self, draft: Draft) -> Iterator[Destination]:
        own = self._own_parts()
        if draft.container is not None:
            named = [listed(entry, self._private) for entry in draft.container.egress]
        else:
            named = [destination(draft.operation.server, self._private)]
        return (replace(one, own_parts=own) for one in named)

    def require_record(self, principal: Principal) -> None:
        """Raises NotPermitted where this caller may not store recordings: unless an operator says otherwise, who calls may."""
        rule = self._rules.get(principal, Rule())
        if not (bool(rule.tools) if rule.may_record is None else rule.may_record):
            raise NotPermitted(f"{principal.agent} may not record runs")

    def authorize_review(self, principal: Principal) -> None:
        """Raises NotPermitted where this caller may not decide what became of its tenant's calls."""
        if not self._rules.get(principal, Rule()).may_review:
            raise NotPermitted(f"{principal.agent} may not review calls")

    def authorize_operate(self, principal: Principal) -> None:
        """Raises NotPermitted where this caller may not say what became of hosts, which all tenants' calls wait for."""
        if not self._rules.get(principal, Rule()).may_operate:
            raise NotPermitted(f"{principal.agent} may not operate the gateways")

    def authorize_import(self, principal: Principal) -> None:
        """Raises NotPermitted where this caller may not change the catalog."""
        if not self.may_import(principal):
            raise NotPermitted(f"{principal.agent} may not import toolsets")

    def may_import(self, principal: Principal) -> bool:
        return self._rules.get(principal, Rule()).may_import


def listed(entry: str, private: tuple[Network, ...]) -> Destination:
    """A destination as a container tool lists it: `host:port` for TLS, `http://host:port` for what is in the clear."""
    return destination(entry if entry.startswith("http://") else f"https://{entry}", private)


@lru_cache(maxsize=1024)  # each call asks of its upstream's twice
def destination(url: str, private: tuple[Network, ...]) -> Destination:
    """The host and port of an absolute http or https URL."""
    parts = urlsplit(url)
    port = parts.port or DEFAULT_PORTS[parts.scheme]
    return Destination(parts.hostname or "", port, private, tls=parts.scheme == "https")
