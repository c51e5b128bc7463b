"""What came of an upstream's answer → the answer as its caller gets it: text in UTF-8, and of the headers those that are for a
caller. Pure."""

from gateway.model.artifact import Artifact
from gateway.model.invocation import Answer
from registry.calling.answer_headers import answer_headers
from registry.calling.charsets import as_utf8
from registry.calling.links import read_links
from registry.model.media_types import is_stream, is_text
from sandbox.api.result import Faulted, Responded

#: Bytes of an answer that is kept as an artifact, by which its caller may see what it is.
BEGINNING = 4096


def answer_of(result: Responded | Faulted, method: str, url: str, artifact: Artifact | None = None) -> Answer | None:
    """The answer to a request of this method for this URL, not yet held against any schema. None where none has begun.

    `artifact`: where its body is as a whole, if that is too large to be told.
    """
    head = result.head
    if head is None:
        return None
    content_type, body = as_utf8(head.header("content-type") or "", result.body)
    told = ((name, content_type if name == "content-type" else value) for name, value in head.headers)
    headers = answer_headers(told, method)
    links = read_links(head.headers, head.url or url)
    return Answer(
        head.status,
        content_type,
        _beginning(content_type, body) if artifact else body,
        links=links,
        headers=headers.kept,
        headers_left_out=headers.left_out,
        artifact=artifact,
    )


def _beginning(content_type: str, body: bytes) -> bytes:
    return body[:BEGINNING].decode("utf-8", "ignore").encode() if is_text(content_type) or is_stream(content_type) else b""
