"""What the adapters for agents' frameworks share. It knows no framework: each has a module of its own.

An adapter lists a Toolbox's offers, makes a framework's tools of them, and calls one for a Place: the run, the step in it, and
the occurrence among equal calls of the model's message. It gets an Answer: a bounded text for the model, which says what it may
do next, and the structured content. What leaves the outcome open raises CallUnsettled; a framework that tries again after it
makes the same call, which attaches and never acts twice. A run that is over raises RunEnded or RunKilled: the adapter lets that
end the framework's run, in the way in which CallUnsettled does, and where nothing ends that, its model reads to stop.

The map: `place` says which call it is, `offers` what a model is shown, in which of the `forms` of a schema and with which
`hints`. `toolbox` calls, by its `verbs`. `answers` is what comes back; `wording` says it of outcomes, `refusals` of errors,
`bounds` cuts it to size. Where there are thousands of tools, a model is shown three `meta_tools` in their place: `finding`
answers two of them, and the third makes one of the `inner_calls`. `written` reads the calls of a model's message and tells
equal ones apart, `turns` keeps the places of a run's messages, `equals` tells equal calls apart that have no ids. `messages`
makes all calls of one, and `model_tools` is what loops around a provider's own client use. `any_arguments` is a model of
pydantic's for frameworks that want one; it alone needs pydantic. `docs/adapters.md` says how to write another adapter.
"""

from callgate.adapters.answers import Answer, Standing
from callgate.adapters.hints import Hints
from callgate.adapters.model_tools import ModelTools
from callgate.adapters.offers import Offer
from callgate.adapters.place import Place, run_name
from callgate.adapters.refusals import RUN_OVER, CallUnsettled
from callgate.adapters.toolbox import Toolbox, ToolboxOptions
from callgate.adapters.turns import Turns
from callgate.adapters.written import ModelCall

__all__ = [
    "RUN_OVER",
    "Answer",
    "CallUnsettled",
    "Hints",
    "ModelCall",
    "ModelTools",
    "Offer",
    "Place",
    "Standing",
    "Toolbox",
    "ToolboxOptions",
    "Turns",
    "run_name",
]
