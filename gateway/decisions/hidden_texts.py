"""An end of a call as it is kept: without what its arguments hide, where the upstream has sent that back. Pure."""

import html
import json
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import quote, quote_plus

from gateway.decisions.hidden_in_json import without_in_json
from gateway.model.invocation import Answer, AnswerPages, Outcome, ShownPart
from registry.calling.redaction import REDACTED
from registry.model.media_types import is_json, is_stream

#: Characters. A shorter text is no secret, and to replace it everywhere would destroy the answer: as the runner has it.
SHORTEST = 4

#: Bytes that are searched, all texts together: some tenths of a second of work.
MOST_SEARCHED = 512 << 20

TOO_MANY = "The arguments hide too many texts for the answer to be searched for them"

NOT_KEPT = "what leads to the next page is not kept, since it has what the arguments hide in it"


def without(outcome: Outcome, hidden: Iterable[str]) -> Outcome:
    """`hidden`: texts that the arguments are kept without. They are found as they are, and as JSON, HTML or URLs have them."""
    forms = sorted({form for text in hidden if len(text) >= SHORTEST for form in _forms(text)}, key=len, reverse=True)
    if not forms:
        return outcome
    answer = outcome.answer and _without(outcome.answer, forms)
    return replace(outcome, answer=answer, message=_clear(outcome.message, forms))


def _forms(text: str) -> set[str]:
    once = _in_json({text})
    return {text, html.escape(text), quote(text), quote(text, safe=""), quote_plus(text), *once, *_in_json(once)}


def _in_json(texts: set[str]) -> set[str]:
    return {json.dumps(text, ensure_ascii=plain)[1:-1] for text in texts for plain in (True, False)}


def _without(answer: Answer, forms: list[str]) -> Answer:
    links = tuple((relation, _clear(target, forms)) for relation, target in answer.links)
    headers = tuple((name, _clear(value, forms)) for name, value in answer.headers)
    cleared = replace(answer, links=links, headers=headers, pages=answer.pages and _of_pages(answer.pages, forms))
    if len(answer.body) * len(forms) > MOST_SEARCHED:
        size = len(answer.body)
        return replace(cleared, body=b"", shown=ShownPart(whole_bytes=size, bytes_left_out=size, message=TOO_MANY))
    numbers = is_json(answer.content_type) or is_stream(answer.content_type)
    body = without_in_json(answer.body, forms, numbers=numbers)
    for form in forms:
        body = body.replace(form.encode("utf-8", "surrogatepass"), REDACTED.encode())
    return replace(cleared, body=body)


def _of_pages(pages: AnswerPages, forms: list[str]) -> AnswerPages:
    """Arguments that a text is taken out of lead nowhere: they are none, and the reason is told."""
    message = _clear(pages.message, forms)
    if _clear(pages.next_arguments, forms) == pages.next_arguments:
        return replace(pages, message=message)
    return replace(pages, next_arguments="", message="; ".join(note for note in (message, NOT_KEPT) if note))


def _clear(text: str, forms: list[str]) -> str:
    for form in forms:
        text = text.replace(form, REDACTED)
    return text
