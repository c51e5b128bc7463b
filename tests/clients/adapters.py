"""The table of adapters: for each the agent that plays the script with it, and what is known of its framework."""

from collections import Counter
from dataclasses import KW_ONLY, dataclass

from tests.promises.agents.script import SCRIPT


@dataclass(frozen=True, slots=True)
class Adapter:
    """`agent`: the program `tests/clients/agents/AGENT.py`, which runs in `environment`; `words` go behind its command.

    `at_once`: how many of a message's calls the framework has under way at the same time. `has_call_ids`: equal calls of one
    message are told apart; without, they are one, and act once. `retries`: the framework has a retry of its own to switch on.
    `answered`: how many calls the model is shown a success of.
    """

    agent: str
    environment: str
    words: tuple[str, ...] = ()
    _: KW_ONLY
    at_once: int = len(SCRIPT[0])
    has_call_ids: bool = True
    retries: bool = True
    answered: int = sum(map(len, SCRIPT))

    @property
    def name(self) -> str:
        return " ".join([self.agent.removesuffix("_agent"), *self.words])

    @property
    def module(self) -> str:
        return f"tests.clients.agents.{self.agent}"

    @property
    def meant(self) -> dict[str, int]:
        """What the script means to this framework, as the bank counts it."""
        told_apart = [list(said) if self.has_call_ids else sorted(set(said)) for said in SCRIPT]
        return dict(Counter(f"{account} {amount}" for said in told_apart for account, amount in said))


ADAPTERS = (
    Adapter("langgraph_agent", "frameworks"),
    Adapter("langgraph_agent", "frameworks", ("run",)),
    # The loops of the tests try again by themselves: no provider's client makes calls.
    Adapter("openai_agent", "frameworks"),
    Adapter("openai_agent", "frameworks", ("responses",)),
    Adapter("anthropic_agent", "frameworks"),
    Adapter("gemini_agent", "frameworks"),
    Adapter("agent_framework_agent", "frameworks"),
    Adapter("autogen_agent", "autogen", retries=False),
    Adapter("autogen_agent", "autogen", ("loop",), retries=False),
    Adapter("crewai_agent", "crewai", retries=False),
    # One call in each message. CrewAI refuses the second of two equal ones that follow each other.
    Adapter("crewai_agent", "crewai", ("writing",), at_once=1, has_call_ids=False, answered=5),
    Adapter("google_adk_agent", "frameworks"),
    Adapter("llama_index_agent", "frameworks"),
    Adapter("smolagents_agent", "frameworks"),
    # The calls of its code are made one after the other.
    Adapter("smolagents_agent", "frameworks", ("code",), at_once=1),
    # The framework has no retry for tools: the agent runs again.
    Adapter("openai_agents_agent", "frameworks"),
    Adapter("pydantic_ai_agent", "frameworks"),
)

#: The examples of `docs/adapters.md`, and the environment of each.
DOCUMENTED = {
    "agent_framework": "frameworks",
    "anthropic": "frameworks",
    "autogen": "autogen",
    "crewai": "crewai",
    "gemini": "frameworks",
    "google_adk": "frameworks",
    "langgraph": "frameworks",
    "langgraph_run": "frameworks",
    "llama_index": "frameworks",
    "openai_agents": "frameworks",
    "openai_chat": "frameworks",
    "openai_responses": "frameworks",
    "pydantic_ai": "frameworks",
    "pydantic_ai_deferred": "frameworks",
    "smolagents": "frameworks",
}
