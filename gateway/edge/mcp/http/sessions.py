"""The sessions of clients of the revision 2025-11-25 and before: each belongs to the token that began it.

Another's session is not found, as one that there never was. The SDK keeps a session; here is whose it is, its events, and that
a caller has only so many.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import KW_ONLY, dataclass, field
from http import HTTPStatus
from time import monotonic

from callgate.aio import AsyncClient
from gateway.edge.mcp.http.events import EventRoom, SessionEvents
from gateway.edge.mcp.http.refusals import Refused, busy
from gateway.edge.mcp.http.tokens import Holder

#: Sessions of a caller, and of all.
OF_CALLER, OF_ALL = 32, 1024
#: Seconds without a request after which a session ends; and after which it is forgotten here, if the SDK has not said so.
IDLE, MARGIN = 1800.0, 60.0

CURE = "Begin another one: send `initialize`. A session ends after half an hour without a request, and with the door's process."


@dataclass(slots=True, eq=False)
class Session:
    """`open`: its requests that are under way. `held` keeps the client of its holder."""

    id: str
    owner: str
    events: SessionEvents
    held: ExitStack
    last: float
    open: int = 0


@dataclass(slots=True)
class Sessions:
    """`client_of` holds a holder's client. `end` ends a session by its id, at the SDK."""

    client_of: Callable[[Holder], AbstractContextManager[AsyncClient]]
    end: Callable[[str], None]
    _: KW_ONLY
    clock: Callable[[], float] = monotonic
    of_caller: int = OF_CALLER
    of_all: int = OF_ALL
    _room: EventRoom = field(default_factory=EventRoom, init=False)
    _all: dict[str, Session] = field(default_factory=dict, init=False)

    def find(self, id: str, holder: Holder) -> Session:
        """Raises Refused."""
        session = self._all.get(id)
        if session is None or session.owner != holder.digest:
            raise Refused(HTTPStatus.NOT_FOUND, "there is no such session", CURE)
        return session

    @contextmanager
    def used(self, session: Session) -> Iterator[None]:
        session.open += 1
        try:
            yield
        finally:
            session.open -= 1
            session.last = self.clock()

    def make_room(self, holder: Holder) -> None:
        """For one more of this holder's. Its own that was longest without a request gives way. Raises Refused."""
        self.forget_idle()
        own = [one for one in self._all.values() if one.owner == holder.digest]
        if len(own) < self.of_caller and len(self._all) < self.of_all:
            return
        idle = sorted((one for one in own if not one.open), key=lambda one: one.last)
        if not idle:
            raise busy(f"there are {len(own)} sessions of this caller, and {len(self._all)} in all", "End some: send DELETE.")
        self.end(idle[0].id)
        self.forget(idle[0].id)

    def begin(self, id: str, holder: Holder, events: SessionEvents) -> None:
        held = ExitStack()
        held.enter_context(self.client_of(holder))
        self._all[id] = Session(id, holder.digest, events, held, self.clock())

    def forget(self, id: str) -> None:
        if session := self._all.pop(id, None):
            session.events.forget()
            session.held.close()

    def forget_idle(self) -> None:
        """Those that the SDK has ended by itself."""
        before = self.clock() - IDLE - MARGIN
        for id in [one.id for one in self._all.values() if not one.open and one.last < before]:
            self.forget(id)

    def forget_of(self, holder: Holder) -> None:
        """All of a holder whose token is not valid any more."""
        for id in [one.id for one in self._all.values() if one.owner == holder.digest]:
            self.end(id)
            self.forget(id)

    def new_events(self) -> SessionEvents:
        return SessionEvents(self._room)
