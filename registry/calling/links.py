"""Web links in an answer's headers (RFC 8288), as pages of a list have them. The gateway keeps them and follows none."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import urljoin, urlsplit

#: The most links of one answer.
MOST = 32
# Nothing that has matched is given back, so what an upstream writes is read in linear time.
_TARGET = r"<(?P<target>[^<>]*+)>"
_PARAMETERS = r'(?P<parameters>(?:\s*+;\s*+[A-Za-z0-9*_-]++(?:\s*+=\s*+(?:"(?:[^"\\]|\\.)*+"|[^\s";,]*+))?+)*+)'
_LINK = re.compile(_TARGET + _PARAMETERS)
_PARAMETER = re.compile(r';\s*+([A-Za-z0-9*_-]++)(?:\s*+=\s*+(?:"((?:[^"\\]|\\.)*+)"|([^\s";,]*+)))?+')

#: Relation in lower case (`next`, `prev`, `last`), and the target as an absolute URL.
Link = tuple[str, str]


def read_links(headers: Iterable[tuple[str, str]], url: str) -> tuple[Link, ...]:
    """The links of an answer to a request to `url`, in their order, one for each relation. Malformed ones are left out."""
    values = (value for name, value in headers if name.lower() == "link")
    found = (link for value in values for link in _links(value, url))
    return tuple(link for link, _ in zip(found, range(MOST), strict=False))


def _links(value: str, url: str) -> Iterator[Link]:
    for match in _LINK.finditer(value):
        target = _absolute(match["target"].strip(), url)
        relations = [
            quoted or token for name, quoted, token in _PARAMETER.findall(match["parameters"]) if name.lower() == "rel"
        ]
        for name in relations[0].lower().split() if relations and target else ():
            yield name, str(target)


def _absolute(target: str, url: str) -> str | None:
    try:
        absolute = urljoin(url, target)
        scheme = urlsplit(absolute).scheme
    except ValueError:
        return None
    return absolute if scheme in ("http", "https") else None
