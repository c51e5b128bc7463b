"""Pages of lists, for programs that show them one by one."""

from dataclasses import dataclass

from callgate.types import InvocationSummary, Tool


@dataclass(frozen=True, slots=True)
class ToolPage:
    """Some of the tools of a list, and the token of the page after this one; empty: there is none."""

    tools: tuple[Tool, ...]
    next_page_token: str = ""


@dataclass(frozen=True, slots=True)
class InvocationPage:
    """Some of the calls of a list, and the token of the page after this one; empty: there is none."""

    invocations: tuple[InvocationSummary, ...]
    next_page_token: str = ""
