"""Links in an answer's headers: web links (RFC 8288), as pages of a list have them, and where to look for what was begun. The
gateway keeps them for callers, and follows none."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from urllib.parse import urljoin, urlsplit

#: The most links of one answer; and how many are looked at, for those that are left out take as long as the others.
MOST, LOOKED_AT = 32, 256
#: Characters of a target or a relation. A target is kept once for each of its relations.
LONGEST = 8192
# Nothing that has matched is given back, so what an upstream writes is read in linear time.
_TARGET = r"<(?P<target>[^<>]*+)>"
_PARAMETERS = r'(?P<parameters>(?:\s*+;\s*+[A-Za-z0-9*_-]++(?:\s*+=\s*+(?:"(?:[^"\\]|\\.)*+"|[^\s";,]*+))?+)*+)'
_LINK = re.compile(_TARGET + _PARAMETERS)
_PARAMETER = re.compile(r';\s*+([A-Za-z0-9*_-]++)(?:\s*+=\s*+(?:"((?:[^"\\]|\\.)*+)"|([^\s";,]*+)))?+')

#: Headers that hold one link each: where a thing that was made lies, or where to look how an operation goes on (RFC 9110
#: §10.2.2, and what many APIs have beside it).
_ONE_LINK = ("location", "operation-location")

#: Relation in lower case (`next`, `prev`, `last`, `location`), and the target as an absolute URL.
Link = tuple[str, str]


def read_links(headers: Iterable[tuple[str, str]], url: str) -> tuple[Link, ...]:
    """The links of an answer to a request to `url`, in their order, one for each relation; those of Location and
    Operation-Location, under these names, are the last. Malformed and overlong ones are left out."""
    given = [(name.lower(), value) for name, value in headers]
    single = {name: target for name, value in given if name in _ONE_LINK and (target := _absolute(value.strip(), url))}
    written = (match for name, value in given if name == "link" for match in _LINK.finditer(value))
    found = (link for match in islice(written, LOOKED_AT) for link in _links(match, url) if link[0] not in single)
    return (*islice(found, MOST - len(single)), *single.items())


def _links(match: re.Match[str], url: str) -> Iterator[Link]:
    relations = [quoted or token for name, quoted, token in _PARAMETER.findall(match["parameters"]) if name.lower() == "rel"]
    target = _absolute(match["target"].strip(), url) if relations else None
    for name in relations[0].lower().split() if target else ():
        if len(name) <= LONGEST:
            yield name, str(target)


def _absolute(target: str, url: str) -> str | None:
    if len(target) > LONGEST:
        return None
    try:
        absolute = urljoin(url, target)
        scheme = urlsplit(absolute).scheme
    except ValueError:
        return None
    return absolute if scheme in ("http", "https") else None
