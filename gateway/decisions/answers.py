"""What came of an upstream's answer → the answer as its caller gets it: text in UTF-8, and of the headers those that are for a
caller. Pure."""

from gateway.model.invocation import Answer
from registry.calling.answer_headers import answer_headers
from registry.calling.charsets import as_utf8
from registry.calling.links import read_links
from sandbox.api.result import Faulted, Responded


def answer_of(result: Responded | Faulted, method: str, url: str) -> Answer | None:
    """The answer to a request of this method for this URL, not yet held against any schema. None where none has begun."""
    head = result.head
    if head is None:
        return None
    content_type, body = as_utf8(head.header("content-type") or "", result.body)
    told = ((name, content_type if name == "content-type" else value) for name, value in head.headers)
    headers = answer_headers(told, method)
    links = read_links(head.headers, head.url or url)
    return Answer(head.status, content_type, body, links=links, headers=headers.kept, headers_left_out=headers.left_out)
