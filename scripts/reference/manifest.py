"""docs/reference/manifest.md, of the manifest's JSON Schema: each word that a manifest may have."""

import json
from collections.abc import Iterator
from typing import Any

from scripts.reference.markdown import REPOSITORY, Unsaid, anchor, code, head, paragraph, sentence, table

SCHEMA = "registry/manifest/manifest.schema.json"
EXAMPLE = "examples/orders/callgate.toolset.yaml"

#: Of words of which the schema says nothing, by the part that they stand in.
SAID = {
    "manifest.toolset": "The toolset's name. Importing another manifest of this name replaces what this one said.",
    "groups[].match": "Which operations these settings are for.",
    "groups[].settings": "What counts for them.",
    "secret.path": "The secret's API path in Vault, such as `secret/data/orders`.",
    "secret.field": "Which field of the secret is used.",
    "credential.field": "Which field of the secret is used.",
    "credential.place": "Where the request carries it. It must be there, but for AWS.",
    "credential.name": "The name of the header, query parameter or cookie. It must be there, but for AWS.",
    "limits.attempt_timeout": "Of one attempt.",
    "limits.max_attempts": "How often the call may be tried, the first time included.",
    "limits.request_bytes": "Of the request's body. What is larger is refused before anything is sent.",
    "limits.response_bytes": "Of the answer's body. What is larger ends the call with `LimitExceeded`.",
    "retry.first_delay": "The longest pause before the second attempt; it doubles for each one after it.",
    "retry.longest_delay": "The bound of that doubling.",
    "upstreamKey.header": "Its name, such as `Idempotency-Key`.",
    "upstreamKey.window": "For how many seconds the upstream recognises a repeated key. No attempt is begun after that.",
    "fallback.tool": "`name` or `name@version`.",
    "probe.tool": "`name` or `name@version`, of effect `READ`.",
    "probe.happened": "The condition on the probe's answer by which the call has happened.",
    "probe.value": "Where the probe's answer has what the call would have answered. Without it, the whole answer.",
    "probe.settle": "How many seconds to wait before the probe: for as long as the upstream may take to show what it did.",
    "happened.pointer": "A JSON Pointer into the probe's answer.",
    "happened.equals": "What must stand there. Without it, whatever it is.",
    "container.command": "The program and its arguments. No shell reads them.",
    "container.delivery": "How the secret gets to the program: the runner injects it into the program's requests, or "
    "it is a file.",
    "container.memory_bytes": "The box's memory.",
    "container.cpus": "The box's processors, in parts.",
    "container.processes": "How many processes there may be at one time.",
    "container.scratch_bytes": "The size of a directory in memory, the program's only writable place. 0: none.",
    "assertion.key_id": "The key's name, by which the endpoint finds the public one (`kid`).",
    "token.audience": "Whom the token is to be for, as the endpoint calls it.",
    "settings.limits": "Bounds of a call.",
    "settings.retry": "Pauses between attempts, and how much retries may add to the upstream's load.",
    "settings.runtime": "How strongly the box is kept apart: the host's kernel (`runc`), or one of its own (`runsc`, gVisor).",
}
#: The parts, by the name of each in the page, with where the schema has it and what is said of it.
PARTS: tuple[tuple[str, str, str], ...] = (
    ("The manifest", "manifest", ""),
    ("groups", "groups[]", "Each entry of `groups`. Later ones win over earlier ones, and operations over groups."),
    ("settings", "settings", "What `defaults`, a group's `settings` and an operation's entry may say."),
    ("operations", "entry", "An operation's entry has all of [settings](#settings), and these:"),
    ("secret", "secret", "The value of an entry of `credentials`."),
    (
        "credential",
        "credential",
        "A secret for an operation, and where the request carries it. The setting may be a list of them.",
    ),
    ("token", "token", ""),
    ("assertion", "assertion", ""),
    ("client_certificate", "clientCertificate", ""),
    ("limits", "limits", "Bounds of a call. An operator's [ceilings](settings.md#ceilings) bound them in turn."),
    ("retry", "retry", ""),
    ("upstream_key", "upstreamKey", ""),
    ("fallback", "fallback", ""),
    ("probe", "probe", ""),
    ("probe.happened", "happened", ""),
    ("container", "container", ""),
    ("view", "view", ""),
    ("pagination", "pagination", ""),
    ("cost", "meter", "A number in the answers, times a price. The setting may also be a number, or a list of these."),
    ("keep", "keep", ""),
)

Schema = dict[str, Any]


class Document:
    """The schema, in which references are followed."""

    def __init__(self) -> None:
        self.whole: Schema = json.loads((REPOSITORY / SCHEMA).read_text())

    def part(self, place: str) -> Schema:
        if place == "manifest":
            return self.whole
        if place == "groups[]":
            return dict(self.whole["properties"]["groups"]["items"])
        if place == "happened":
            return dict(self.part("probe")["properties"]["happened"])
        if place == "assertion":
            return dict(self.part("token")["properties"]["assertion"])
        return dict(self.whole["$defs"][place])

    def resolved(self, schema: Schema) -> Schema:
        """The schema with what it refers to; its own words win."""
        if "$ref" not in schema:
            return schema
        found: Any = self.whole
        for step in schema["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        return {**self.resolved(found), **{name: value for name, value in schema.items() if name != "$ref"}}


def page() -> str:
    document = Document()
    text = (
        "What an operator decides about the tools of one OpenAPI document, where the document cannot say it. A "
        "manifest is a file, "
        "`callgate.toolset.yaml`; `callgate toolset plan --manifest FILE` shows what it would do, `apply` does it. "
        "Times are in "
        "seconds, sizes in bytes. A word that is not listed here is refused."
    )
    example = f"## An example\n\n```yaml\n{(REPOSITORY / EXAMPLE).read_text()}```\n"
    parts = [_part(document, *part) for part in PARTS]
    return "\n".join([head("The manifest", "scripts/reference/manifest.py", [SCHEMA], text), *parts, example])


def _part(document: Document, title: str, place: str, introduction: str) -> str:
    schema = document.part(place)
    told = schema.get("description") if place != "manifest" else ""
    said = introduction or (sentence(told) if told else "")
    rows = table(("Word", "Form", "Meaning"), _rows(document, place, schema))
    return f"## {title}\n\n" + (f"{paragraph(said)}\n\n" if said else "") + rows


def _rows(document: Document, place: str, schema: Schema) -> Iterator[tuple[str, str, str]]:
    known = document.part("settings")["properties"] if place == "entry" else {}
    for name, one in schema["properties"].items():
        if name in known:
            continue
        whole = document.resolved(one) if isinstance(one, dict) else {}
        must = " (must be there)" if name in schema.get("required", ()) else ""
        yield f"{_linked(name)}{must}", _form(whole), _meaning(place, name, whole)


def _linked(name: str) -> str:
    titles = {title for title, _, _ in PARTS}
    return f"[{code(name)}](#{anchor(name)})" if name in titles else code(name)


def _meaning(place: str, name: str, schema: Schema) -> str:
    said = schema.get("description") or SAID.get(f"{place}.{name}")
    if not said:
        raise Unsaid(f"{place}.{name}")
    return sentence(said)


def _form(schema: Schema) -> str:
    if "enum" in schema:
        return ", ".join(code(str(value)) for value in schema["enum"])
    kinds = schema.get("type", "any JSON")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return " or ".join(_kind(kind, schema) for kind in kinds)


def _kind(kind: str, schema: Schema) -> str:
    if kind == "array":
        return f"list of {schema['items'].get('type', 'entries')}s" if "type" in schema.get("items", {}) else "list"
    least, most, above = schema.get("minimum"), schema.get("maximum"), schema.get("exclusiveMinimum")
    bounds = [f"over {above:,}"] if above is not None else []
    bounds += [f"from {least:,}"] if least is not None else []
    bounds += [f"to {most:,}"] if most is not None else []
    return f"{kind} {' '.join(bounds)}".strip() if kind in ("number", "integer") else kind
