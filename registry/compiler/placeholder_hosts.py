"""Hosts in documents that stand for a name of the reader's own: `your-domain.example`, or a variable that is left as it is.

Such a name may belong to a stranger. What an operator names is none, whatever it is called.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from registry.model.import_fault import ImportFault

_THING = (
    r"(sub-?)?domain|compan(y|ies)|org(ani[sz]ation)?|tenant|instance|server|host(name)?|site|website|store|shop|account|workspace"
    r"|team|app|api|project|name|region|env(ironment)?|installation|portal|customer|user(name)?|id|url|endpoint|cluster|gateway"
    r"|realm|service|deployment|resource"
)
#: A label of a host that stands for another one, wherever it stands.
_STAND_IN = re.compile(
    rf"your[-_].+|your({_THING})|my[-_]?(domain|company|org(ani[sz]ation)?|tenant|instance)|change-?me|replace-?me|placeholder",
    re.IGNORECASE,
)
#: The default of a variable that is for the reader to fill. Other names, such as `api`, may be a host's own.
_LEFT_OPEN = re.compile(
    r"(sub-?)?domain|company|organi[sz]ation|tenant|instance|host(name)?|workspace|customer|username|example|sample|xxx+",
    re.IGNORECASE,
)
#: Names of variables whose defaults of the same name are hosts all the same.
_OWN = frozenset(("api", "app", "www", "eu", "us", "shop", "store", "server", "gateway"))
_EXAMPLE = "example"
_VARIABLE = re.compile(r"\{([^{}]*)\}")
_CURE = "Name the API's base URL: pass --server, or `server` in the manifest."


def placeholder_fault(url: str, declared: Any, pointer: str) -> ImportFault | None:
    """A fault where a server is a placeholder. `declared`, at `pointer`, is the Server Object that `url` was made of."""
    label = next(_stand_ins(url, declared), None)
    if label is None:
        return None
    message = f"the server is a placeholder: {label[:60]!r} in its host stands for a name of your own; no credential goes there"
    return ImportFault(pointer, message, _CURE)


def _stand_ins(url: str, declared: Any) -> Iterator[str]:
    for label in (urlsplit(url).hostname or "").split("."):
        if _STAND_IN.fullmatch(label):
            yield label
    template, variables = declared.get("url", ""), declared.get("variables") or {}
    for name in _VARIABLE.findall(_authority(template)):
        default = str(variables[name].get("default")) if name in variables else ""
        if (default == name and name not in _OWN) or _LEFT_OPEN.fullmatch(default) or _EXAMPLE in default.split("."):
            yield default


def _authority(template: str) -> str:
    """Of a URL template. A variable may be the whole of it."""
    _, separator, rest = template.partition("://")
    return (rest if separator else template).partition("/")[0]
