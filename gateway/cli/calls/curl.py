"""A previewed request as a command for curl, quoted for a shell. The mask of a secret is to be replaced."""

from shlex import join

from callgate import PreviewedRequest

#: What stands in curl's command for a body that cannot be written there.
BODY_FILE = "@BODY"
#: Characters that curl expands in a URL, unless it is told not to.
_GLOBS = frozenset("[]{}")


def curl_command(request: PreviewedRequest) -> str:
    words = ["curl", *(["--head"] if request.method == "HEAD" else ["-X", request.method])]
    words += ["--globoff"] if _GLOBS & set(request.url) else []
    for name, value in request.headers:
        words += ["-H", f"{name}: {value}"]
    if request.body_length:
        words += ["--data-binary", _body(request)]
    return join([*words, request.url])


def _body(request: PreviewedRequest) -> str:
    """The body itself, where it is a whole text that curl does not take for the name of a file."""
    try:
        text = request.body.decode()
    except UnicodeDecodeError:
        return BODY_FILE
    return BODY_FILE if len(request.body) < request.body_length or text.startswith("@") or "\0" in text else text
