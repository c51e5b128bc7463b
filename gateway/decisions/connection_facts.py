"""What a box reports of a person's connection. Pure: a box may be in the hands of what answers at the endpoint."""

from dataclasses import dataclass
from typing import Any

import orjson

from gateway.decisions.token_life import LONGEST, Life, life_of
from gateway.model.errors import TokenUnavailable
from sandbox.api.result import Responded, Result

#: The last moment that is believed of a stranger: the end of the year 9999.
_LAST = 253_402_300_799
_LONGEST_TEXT = 2048
#: Seconds that a person has for a device's codes, and between two looks.
_DEVICE_LIFE, _INTERVAL = 3600, 60


@dataclass(frozen=True, slots=True)
class ConnectionStanding:
    """`life` is of the access token. `since` and `ends` in seconds since 1970 began; `ends` is None where it is not known.
    `renews`: there is a refresh token. `expires`: when the access token ends."""

    life: Life
    since: float
    ends: float | None
    renews: bool
    expires: float | None = None

    @property
    def used_for(self) -> float:
        """What cannot be renewed, and of which no end is known, is as good as it is until an API refuses it."""
        return self.life.used_for if self.renews or self.life.told else LONGEST


@dataclass(frozen=True, slots=True)
class DeviceCodes:
    """What a person needs, who has `expires_in` seconds for it. `flow` tells this try from others."""

    flow: str
    user_code: str
    verification_uri: str
    verification_uri_complete: str
    expires_in: float
    interval: float


@dataclass(frozen=True, slots=True)
class Pending:
    """The person has not answered yet. `slow_down`: the endpoint wants to be asked less often."""

    slow_down: bool


@dataclass(frozen=True, slots=True)
class Removed:
    """`removed`: there was something. `revoked`: the endpoint has taken it back; `reason`: why not, where it was asked."""

    removed: bool
    revoked: bool
    reason: str


def standing_of(result: Result) -> ConnectionStanding:
    """Raises as `life_of`."""
    life, said = life_of(result), _said(result)
    since, ends, expires = (_moment(said.get(name)) for name in ("since", "ends", "expires"))
    return ConnectionStanding(life, since or 0.0, ends, said.get("renews") is True, expires)


def poll_of(result: Result) -> ConnectionStanding | Pending:
    """Raises as `life_of`."""
    said = _said(result)
    if said.get("pending") is True:
        return Pending(said.get("slow_down") is True)
    return standing_of(result)


def codes_of(result: Result) -> DeviceCodes:
    """Raises as `life_of`."""
    said = _said(result)
    if not said.get("flow"):
        life_of(result)
        raise TokenUnavailable("the box did not say which codes the person needs")
    return DeviceCodes(
        flow=_text(said, "flow"),
        user_code=_text(said, "user_code"),
        verification_uri=_text(said, "verification_uri"),
        verification_uri_complete=_text(said, "verification_uri_complete"),
        expires_in=min(_number(said, "expires_in", 600), _DEVICE_LIFE),
        interval=min(_number(said, "interval", 5), _INTERVAL),
    )


def removed_of(result: Result) -> Removed:
    """Raises as `life_of`."""
    said = _said(result)
    if "removed" not in said:
        life_of(result)
        raise TokenUnavailable("the box did not say whether the connection was removed")
    return Removed(said.get("removed") is True, said.get("revoked") is True, _text(said, "reason"))


def _said(result: Result) -> dict[str, Any]:
    try:
        said = orjson.loads(result.body) if isinstance(result, Responded) else None
    except ValueError:
        said = None
    return said if isinstance(said, dict) else {}


def _text(said: dict[str, Any], name: str) -> str:
    value = said.get(name)
    return value[:_LONGEST_TEXT] if isinstance(value, str) and value.isprintable() else ""


def _number(said: dict[str, Any], name: str, unknown: float) -> float:
    value = said.get(name)
    return float(value) if isinstance(value, int) and value > 0 else unknown


def _moment(said: object) -> float | None:
    return float(min(said, _LAST)) if isinstance(said, int) and said > 0 else None
