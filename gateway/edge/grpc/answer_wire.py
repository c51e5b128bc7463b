"""An upstream's answer as a message, and back, where a recording brings one."""

from callgate.v1 import invocation_pb2 as pb
from gateway.model.artifact import Artifact
from gateway.model.errors import RequestInvalid
from gateway.model.invocation import Answer, AnswerPages, ShownPart
from registry.calling import answer_headers, links
from registry.model.clean_text import is_suspect, visible

#: The most characters of a text with hidden ones that are told: each takes two microseconds, and an answer has 64 such texts.
SHOWN = 500


def shown(text: str) -> str:
    """What an upstream or a box has written as long as it pleased. A text that hides nothing stays whole."""
    return visible(text[:SHOWN]) if is_suspect(text) else text


def answer(value: Answer) -> pb.ToolResult:
    message = pb.ToolResult(http_status=value.http_status, content_type=shown(value.content_type), body=value.body)
    if value.matches_schema is not None:
        message.matches_schema = value.matches_schema
    for relation, target in value.links:
        message.links.add(relation=shown(relation), target=shown(target))
    for name, text in value.headers:
        message.headers.add(name=name, value=shown(text))
    message.headers_left_out = value.headers_left_out
    if value.shown is not None:
        message.shown.CopyFrom(_shown_part(value.shown))
    if value.pages is not None:
        message.pages.CopyFrom(_pages(value.pages))
    if value.artifact is not None:
        message.artifact.CopyFrom(artifact(value.artifact))
    return message


def artifact(value: Artifact) -> pb.ResultArtifact:
    message = pb.ResultArtifact(id=value.id, media_type=shown(value.media_type), size=value.size, sha256=value.sha256)
    message.expire_time.FromMicroseconds(round(value.expires * 1e6))
    return message


def _shown_part(value: ShownPart) -> pb.ShownPart:
    return pb.ShownPart(
        projection=shown(value.projection),
        matched_nothing=value.matched_nothing,
        whole_bytes=value.whole_bytes,
        items_left_out=value.items_left_out,
        bytes_left_out=value.bytes_left_out,
        message=shown(value.message),
        unmatched=[shown(name) for name in value.unmatched],
    )


def _pages(value: AnswerPages) -> pb.ResultPages:
    return pb.ResultPages(
        fetched=value.fetched,
        items=value.items,
        more=value.more,
        next_arguments_json=value.next_arguments.encode(),
        stopped=value.stopped,
        message=shown(value.message),
    )


def answer_from(message: pb.ToolResult) -> Answer:
    """Raises RequestInvalid."""
    for what, given, most in (("links", message.links, links.MOST), ("headers", message.headers, answer_headers.MOST)):
        if len(given) > most:  # as many as fit into a message take seconds
            raise RequestInvalid(f"an entry of the recording has more than {most} {what}")
    return Answer(
        message.http_status,
        message.content_type,
        message.body,
        message.matches_schema if message.HasField("matches_schema") else None,
        tuple((link.relation, link.target) for link in message.links),
        headers=tuple((header.name, header.value) for header in message.headers),
        headers_left_out=message.headers_left_out,
        shown=_shown_part_from(message.shown) if message.HasField("shown") else None,
        pages=_pages_from(message.pages) if message.HasField("pages") else None,
        artifact=_artifact_from(message.artifact) if message.HasField("artifact") else None,
    )


def _artifact_from(message: pb.ResultArtifact) -> Artifact:
    """Who reads it must have the right to, wherever its name comes from."""
    expires = message.expire_time.ToNanoseconds() / 1e9
    return Artifact(message.id, message.media_type, message.size, message.sha256, expires)


def _shown_part_from(message: pb.ShownPart) -> ShownPart:
    return ShownPart(
        message.projection,
        message.matched_nothing,
        message.whole_bytes,
        message.items_left_out,
        message.bytes_left_out,
        message.message,
        unmatched=tuple(message.unmatched),
    )


def _pages_from(message: pb.ResultPages) -> AnswerPages:
    return AnswerPages(
        message.fetched,
        message.items,
        message.more,
        message.next_arguments_json.decode("utf-8", "replace"),
        message.stopped,
        message.message,
    )
