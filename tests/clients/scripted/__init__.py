"""Models that play a script: each framework's own kind, or a provider's API behind its own client.

`say` is the script: it answers the calls of the message of a turn, counted from 0, in the form of LangChain (`name`, `args`,
`id`); none ends the conversation. The conversation tells which turn it is, so a model has no state to lose.
"""

from collections.abc import Callable
from typing import Any

Say = Callable[[int], list[dict[str, Any]]]
