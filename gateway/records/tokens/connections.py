"""Who is connected to which API, as far as gateways have seen it: the protocol, and the fake. What is kept in Vault decides."""

from collections.abc import Iterable, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ApiConnection:
    """What a person has consented to. Times in seconds since 1970 began.

    `credential` is what its token is known by, `person` the person's name in Vault, `path` where the client's secret lies.
    `subject` is empty where one has connected for the tenant. `until`: when it ends, if that is known. `renews`: whether it is
    renewed by itself until then. `lapsed`: why the person must connect again; empty: there is no need. `by` says who connected,
    as far as it is known.
    """

    tenant: str
    credential: str
    person: str
    _: KW_ONLY
    toolset: str
    path: str
    subject: str
    since: float
    until: float | None = None
    renews: bool = False
    scopes: tuple[str, ...] = ()
    lapsed: str = ""
    by: str = ""

    @property
    def id(self) -> str:
        return f"{self.credential}:{self.person}"


class Connections(Protocol):
    """Every method raises StoreUnavailable where the store does not answer."""

    async def keep(self, connection: ApiConnection) -> None:
        """In the place of what was known of the same one."""
        ...

    async def drop(self, tenant: str, id: str) -> None: ...

    async def find(self, tenant: str, id: str) -> ApiConnection | None: ...

    async def first_use(self, tenant: str, code: str, seconds: float) -> bool:
        """Whether a code, by its digest, was not used before, in so many seconds."""
        ...

    async def of(self, tenant: str) -> Sequence[ApiConnection]:
        """All of a tenant's, by toolset and subject."""
        ...


class MemoryConnections:
    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], ApiConnection] = {}
        self._used: set[tuple[str, str]] = set()

    async def keep(self, connection: ApiConnection) -> None:
        self._kept[connection.tenant, connection.id] = connection

    async def drop(self, tenant: str, id: str) -> None:
        self._kept.pop((tenant, id), None)

    async def find(self, tenant: str, id: str) -> ApiConnection | None:
        return self._kept.get((tenant, id))

    async def first_use(self, tenant: str, code: str, seconds: float) -> bool:
        first = (tenant, code) not in self._used
        self._used.add((tenant, code))
        return first

    async def of(self, tenant: str) -> Sequence[ApiConnection]:
        return in_order(one for (whose, _), one in self._kept.items() if whose == tenant)


def in_order(found: Iterable[ApiConnection]) -> list[ApiConnection]:
    return sorted(found, key=lambda one: (one.toolset, one.subject, one.id))
