"""What all agents here do alike."""

import json
import sys
from collections.abc import Iterable

from callgate import AsyncClient, Client, RetryPolicy

#: Of a client that sends nothing again, so that only its framework does.
HASTY = RetryPolicy(patience=0)
TASK = "Settle the accounts."


def policy(mode: str) -> RetryPolicy:
    return HASTY if mode == "retry" else RetryPolicy()


def client(mode: str) -> Client:
    return Client.from_environment(retry=policy(mode))


def async_client(mode: str) -> AsyncClient:
    return AsyncClient.from_environment(retry=policy(mode))


def tell(answers: Iterable[object]) -> None:
    """The end: what the model was shown, each text as the JSON value that it is, or as the text."""
    sys.stdout.write(json.dumps([_value(one) for one in answers]) + "\n")


def _value(answer: object) -> object:
    try:
        return json.loads(str(answer))
    except ValueError:
        return answer
