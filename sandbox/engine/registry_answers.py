"""What a registry's answers mean, as the engine passes them on: the one table from their words to the error and its cure."""

import re

from sandbox.engine.docker_answers import briefly
from sandbox.engine.image_errors import ImageWorkFailed, NoSuchImageInRegistry, RegistryRefused, RegistryUnreachable

#: In order. "denied" beside "does not exist" is what a public registry says of a name that it does not know.
ROWS: tuple[tuple[type[ImageWorkFailed], str], ...] = (
    (NoSuchImageInRegistry, r"not found|manifest unknown|name unknown|does not exist"),
    (RegistryRefused, r"unauthorized|authentication required|denied|forbidden|no basic auth"),
    (
        RegistryUnreachable,
        r"no such host|server misbehaving|connection refused|connection reset|no route to host|network is unreachable"
        r"|i/o timeout|timeout exceeded|deadline exceeded|x509|tls:|server gave http response|proxyconnect|\bEOF\b"
        r"|unexpected status|bad gateway|service unavailable",
    ),
)


def registry_error(image: str, told: str) -> ImageWorkFailed | None:
    """The error of a pull of `image`. None where the words are of no registry: then the engine itself has a trouble."""
    for error, words in ROWS:
        if re.search(words, told, re.IGNORECASE):
            return error(f"{image} was not pulled: {briefly(told)}")
    return None
