"""The HTTP proxies of the operator's, with the logins that their file has now."""

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

from gateway.model.proxy_settings import ProxyPlace, ProxySettings
from gateway.secrets.operator_file import OperatorFile
from sandbox.api.job import Proxy

Logins = Mapping[ProxyPlace, str]


class Proxies:
    """Raises ConfigInvalid where the file of the logins cannot be used."""

    def __init__(self, settings: ProxySettings, login_file: Path | None) -> None:
        self._settings = settings
        parse = partial(logins, settings.places)
        self._logins = OperatorFile(login_file, "proxy_login_file", parse) if login_file and settings.places else None

    def all(self) -> tuple[Proxy, ...]:
        return tuple(map(self._with_login, self._settings.places))

    def proxy_of(self, host: str, port: int) -> Proxy | None:
        """The one by which this host and port are reached; None: by a connection of the gateway's own."""
        place = self._settings.place_for(host, port)
        return self._with_login(place) if place else None

    def _with_login(self, place: ProxyPlace) -> Proxy:
        found = self._logins.value() if self._logins else {}
        return Proxy(place.host, place.port, found.get(place, ""))


def logins(places: tuple[ProxyPlace, ...], text: str) -> Logins:
    """A line for each proxy, `host:port user:password`; where there is one proxy, `user:password` alone.

    Raises ValueError, which repeats nothing of the text.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    return dict(_login(number, line, places) for number, line in enumerate(lines, 1))


def _login(number: int, line: str, places: tuple[ProxyPlace, ...]) -> tuple[ProxyPlace, str]:
    first, _, rest = line.strip().partition(" ")
    place = next((one for one in places if str(one) == first.lower()), None)
    if place is None and len(places) > 1:
        raise ValueError(f"line {number} begins with no proxy: write {_examples(places)}, and behind it user:password")
    login = rest.strip() if place else line.strip()
    if ":" not in login or not login.isprintable():
        raise ValueError(f"line {number} has no user:password")
    return place or places[0], login


def _examples(places: Iterable[ProxyPlace]) -> str:
    return " or ".join(map(str, places))
