"""Whether something is to be read or to be changed: what a query asks for, and what a tool does.

Of the tools of one resource all have its words, and a query's verb is seldom theirs: a caller that asks "which labels do we
have?" wants the GET. The words here are those of everyday requests; the first of them decides.
"""

from collections.abc import Iterable
from enum import IntEnum

from registry.model.tool import Draft


class Intent(IntEnum):
    """UNKNOWN is no opposite."""

    UNKNOWN = 0
    READS = 1
    CHANGES = 2


_READING = """
are browse calculate check compare count describe display do does download fetch find get has have how is list look
lookup query read retrieve search see show tell view was were what when where which who whose
"""
_CHANGING = """
accept activate add append approve archive assign attach ban begin block book buy cancel change charge clear close
connect create deactivate decline delete deploy detach disable disconnect drop edit empty enable end erase exchange fill
forget give grant import insert install invite issue join kill launch leave let link lock log make map mark merge modify
move open pause pay pin place post publish purge put reactivate rebuild refund refuel register reject release remove
rename replace reset resize restart restore resume revoke rotate run schedule send set share sign start stop submit
subscribe suspend switch sync tag take terminate text transfer trigger turn unassign unblock undo uninstall unlink
unlock unpublish unsubscribe update upgrade upload withdraw write
"""
_OF_WORDS = dict.fromkeys(_READING.split(), Intent.READS) | dict.fromkeys(_CHANGING.split(), Intent.CHANGES)
_OF_METHODS = {
    "GET": Intent.READS,
    "HEAD": Intent.READS,
    "PUT": Intent.CHANGES,
    "PATCH": Intent.CHANGES,
    "DELETE": Intent.CHANGES,
}


def intent_of_words(words: Iterable[str]) -> Intent:
    """`words`: in small letters, in their order."""
    return next((intent for word in words if (intent := _OF_WORDS.get(word))), Intent.UNKNOWN)


def intent_of_tool(draft: Draft, words: Iterable[str]) -> Intent:
    """A POST may be a search: what the tool's name says, tells. `words`: those of the name."""
    return _OF_METHODS.get(draft.operation.method) or intent_of_words(words)


def opposite(intent: Intent) -> Intent:
    """Of READS and CHANGES the other one."""
    return Intent(Intent.READS + Intent.CHANGES - intent)
