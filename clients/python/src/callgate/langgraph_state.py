"""A thread of LangGraph's as the bytes of its run's state, and its values as LangGraph's serializer writes them."""

import zlib
from typing import Any, Protocol

from callgate import checks
from callgate.langgraph_thread import Thread, Value

#: What a state begins with that was written here, with the number of its form.
FORM = b"callgate-langgraph-1 "
#: Members of a list that are kept one by one. A longer list is one value.
MEMBERS = 10_000


class Serializer(Protocol):
    """LangGraph's."""

    def dumps_typed(self, obj: Any) -> tuple[str, bytes]: ...

    def loads_typed(self, data: tuple[str, bytes]) -> Any: ...


def dumped(serializer: Serializer, value: Any) -> Value:
    """A list's members one by one: the next version of a list of messages has most of them, too."""
    if type(value) is list and len(value) <= MEMBERS:
        return [serializer.dumps_typed(one) for one in value]
    return serializer.dumps_typed(value)


def loaded(serializer: Serializer, value: Value) -> Any:
    if isinstance(value, list):
        return [serializer.loads_typed(one) for one in value]
    return serializer.loads_typed(value)


def packed(serializer: Serializer, thread: Thread) -> bytes:
    kind, body = serializer.dumps_typed(thread.plain())
    return FORM + kind.encode() + b"\n" + zlib.compress(body)


def require_own(content: bytes) -> None:
    """Raises RequestInvalid where the state is none of these."""
    if not content.startswith(FORM):
        raise checks.invalid(
            "the state of this run was not saved by a RunCheckpointer",
            "Give the graph's thread another name: a run has one state.",
        )


def unpacked(serializer: Serializer, content: bytes) -> Thread:
    """Raises RequestInvalid where the state is none of these, or cannot be read."""
    require_own(content)
    head, _, body = content.partition(b"\n")
    try:
        return Thread.read(serializer.loads_typed((head.removeprefix(FORM).decode(), zlib.decompress(body))))
    except Exception as error:  # what is raised for damaged bytes is the serializer's, and the cipher's, own affair
        raise checks.invalid(
            f"the state of this thread cannot be read, it is damaged or was saved with another serializer: {error!r}",
            f"Give the saver the `serde` that it was saved with. If that was the one, the thread is lost. {BEGIN_AGAIN}",
        ) from error


#: How an agent goes on whose thread is lost.
BEGIN_AGAIN = (
    "`RunCheckpointer.delete_thread` empties it. Then give the graph its task again under the same thread_id: what it calls "
    "again at the same steps is answered from the run's records, and does not act again. `callgate run show` lists its calls."
)
