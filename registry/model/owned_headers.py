"""Headers of a request that neither an argument nor a manifest may fill, and why."""

from dataclasses import dataclass

NOTHING_TO_DO = "There is nothing to do: the tool has no argument for it."


@dataclass(frozen=True, slots=True)
class OwnedHeader:
    """`reason`: why no argument fills a header of this name. `cure`: for the operator, where a document declares it."""

    reason: str
    cure: str = NOTHING_TO_DO


_FRAMES = OwnedHeader("the gateway itself writes what frames a request or traces it, and takes none of it from arguments")
_CREDENTIALS = OwnedHeader(
    "the header is for a credential, and no argument may stand in its place",
    "Name the secret that belongs there: `credentials` in the manifest, or --credential.",
)
_OF_PROXIES = OwnedHeader("no request carries the header: it tells an upstream what a proxy on the way has seen, and none has")
_METHODS = OwnedHeader("no request carries the header: an upstream would read another method in it than the tool's own")
_METADATA = OwnedHeader("no request carries the header: it opens the metadata of clouds, or Vault, to who sends it")

#: Names, and beginnings of names, in lower case.
_ROWS = (
    (
        "host content-length content-type content-encoding transfer-encoding accept accept-encoding connection keep-alive"
        " upgrade te trailer expect traceparent tracestate",
        (),
        _FRAMES,
    ),
    ("authorization cookie", ("proxy-",), _CREDENTIALS),
    ("via forwarded", ("x-forwarded-", "x-original-", "x-rewrite-"), _OF_PROXIES),
    ("", ("x-http-method",), _METHODS),
    ("", ("x-vault-", "metadata", "x-aws-ec2-", "x-google-metadata"), _METADATA),
)
_NAMES = {name: owned for names, _, owned in _ROWS for name in names.split()}
_BEGINNINGS = tuple((beginning, owned) for _, beginnings, owned in _ROWS for beginning in beginnings)


def owned_header(name: str) -> OwnedHeader | None:
    """None for a header that an argument may fill."""
    known = name.lower()
    return _NAMES.get(known) or next((owned for beginning, owned in _BEGINNINGS if known.startswith(beginning)), None)
