"""Who may do what: Principal and ToolVersion in, Grant or refusal out. Pure; what it cannot decide it refuses."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import lru_cache
from ipaddress import ip_network
from urllib.parse import urlsplit

from gateway.model.errors import NotPermitted
from gateway.model.principal import Principal
from registry.model.tool import Draft, ToolVersion
from sandbox.api.job import Destination, Egress, Network

#: For addresses that the operator wrote into the configuration. The broker still refuses cloud metadata.
ANYWHERE: tuple[Network, ...] = (ip_network("0.0.0.0/0"), ip_network("::/0"))

DEFAULT_PORTS = {"http": 80, "https": 443}

#: Bytes each way beyond a request and its answer: heads, TLS, Vault, and what is under way when the runner stops an answer that
#: is too large. The runner keeps to the version's limits; this is the broker's own bound, should the runner not be what it was.
OVERHEAD = 2 << 20

#: One to the upstream and one to Vault; the rest is room for a resolver's and a client's second tries.
CONNECTIONS = 8


@dataclass(frozen=True, slots=True)
class Rule:
    """What one principal may do. `tools` are fnmatch patterns of tool names."""

    tools: tuple[str, ...] = ()
    may_import: bool = False
    may_promote: bool = False
    may_review: bool = False
    may_operate: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """The decision for one call: all that its box may reach."""

    egress: Egress


class Policy:
    """`private`: the networks, private or loopback, that an operator lets upstreams lie in. `vault`: its URL."""

    def __init__(self, rules: Mapping[Principal, Rule], *, private: tuple[Network, ...], vault: str) -> None:
        self._rules = rules
        self._private = private
        self._vault = vault

    def authorize(self, principal: Principal, version: ToolVersion) -> Grant:
        """The grant for a call of this version, whatever its arguments. Raises NotPermitted."""
        self.require_call(principal, version.name)
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

    def _egress(self, draft: Draft) -> Egress:
        """All that the version names, and Vault where there is a secret to fetch."""
        vault = (replace(destination(self._vault, ANYWHERE), preparation=True),) if draft.credential else ()
        if draft.container is not None:
            hosts = tuple(listed(entry, self._private) for entry in draft.container.egress)
            bound = draft.container.egress_bytes
            return Egress((*hosts, *vault), bytes_out=bound, bytes_in=bound)
        server = destination(draft.operation.server, self._private)
        out, into = draft.limits.request_bytes + OVERHEAD, draft.limits.response_bytes + OVERHEAD
        return Egress((server, *vault), bytes_out=out, bytes_in=into, connections=CONNECTIONS)

    def authorize_review(self, principal: Principal) -> None:
        """Raises NotPermitted where this caller may not decide what became of its tenant's calls."""
        if not self._rules.get(principal, Rule()).may_review:
            raise NotPermitted(f"{principal.agent} may not review calls")

    def authorize_operate(self, principal: Principal) -> None:
        """Raises NotPermitted where this caller may not say what became of hosts, which all tenants' calls wait for."""
        if not self._rules.get(principal, Rule()).may_operate:
            raise NotPermitted(f"{principal.agent} may not operate the gateways")

    def authorize_import(self, principal: Principal) -> None:
        """Raises NotPermitted where this caller may not import toolsets."""
        if not self._rules.get(principal, Rule()).may_import:
            raise NotPermitted(f"{principal.agent} may not import toolsets")

    def authorize_promote(self, principal: Principal) -> None:
        """Raises NotPermitted where this caller may not let versions be called."""
        if not self._rules.get(principal, Rule()).may_promote:
            raise NotPermitted(f"{principal.agent} may not promote versions")

    def authorize_switch_off(self, principal: Principal) -> None:
        """Raises NotPermitted where this caller may not advise against versions, disable or retire them."""
        rule = self._rules.get(principal, Rule())
        if not (rule.may_import or rule.may_promote or rule.may_operate):
            raise NotPermitted(f"{principal.agent} may not deprecate, disable or retire versions")

    def may_inspect(self, principal: Principal) -> bool:
        """Whether this caller may read versions that may not be called: to promote one is to read it first."""
        rule = self._rules.get(principal, Rule())
        return rule.may_import or rule.may_promote


def listed(entry: str, private: tuple[Network, ...]) -> Destination:
    """A destination as a container tool lists it: `host:port` for TLS, `http://host:port` for what is in the clear."""
    return destination(entry if entry.startswith("http://") else f"https://{entry}", private)


@lru_cache(maxsize=1024)  # each call asks of its upstream's twice
def destination(url: str, private: tuple[Network, ...]) -> Destination:
    """The host and port of an absolute http or https URL."""
    parts = urlsplit(url)
    port = parts.port or DEFAULT_PORTS[parts.scheme]
    return Destination(parts.hostname or "", port, private, tls=parts.scheme == "https")
