"""`python -m scripts.proto_changes`: what of the API is not as clients of the last release know it.

`proto/released.json` has the API of that release: every field, member and RPC. What is new breaks nothing. A change or
removal is reported; from release 1.0 on it is refused (exit status 1). At any release a number or name that is gone without
a `reserved` line is refused, for the next field could get it, and clients would take the one for the other.

    python -m scripts.proto_changes             compare
    python -m scripts.proto_changes --release   write the API as it is to proto/released.json: a part of making a release

The rules are those of buf's category FILE, as far as protobuf's descriptors tell them (https://buf.build/docs/breaking/rules).
"""

import json
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    MethodDescriptorProto,
    MethodOptions,
)

REPOSITORY = Path(__file__).parents[1]
RELEASED = REPOSITORY / "proto/released.json"
SOURCES = REPOSITORY / "proto/callgate/v1"

#: A kind's full name, then what it has by number or name, and its file: generated code of one file is imported by its name.
Api = Mapping[str, Mapping[str, str]]
#: No name can be this.
FILE = "(file)"


def files() -> Iterator[FileDescriptorProto]:
    """The descriptors that the generated code has."""
    for path in sorted(SOURCES.glob("*.proto")):
        described = FileDescriptorProto()
        import_module(f"callgate.v1.{path.stem}_pb2").DESCRIPTOR.CopyToProto(described)
        yield described


def api(described: list[FileDescriptorProto]) -> Api:
    found: dict[str, Mapping[str, str]] = {}
    for file in described:
        found |= {kind: {**members, FILE: file.name} for kind, members in _kinds(file).items()}
    return found


def _kinds(file: FileDescriptorProto) -> dict[str, Mapping[str, str]]:
    found: dict[str, Mapping[str, str]] = {}
    for message in file.message_type:
        found |= _message(message, file.package)
    for enum in file.enum_type:
        found |= _enum(enum, file.package)
    for service in file.service:
        found[f"{file.package}.{service.name}"] = {rpc.name: _rpc(rpc) for rpc in service.method}
    return found


def _rpc(rpc: MethodDescriptorProto) -> str:
    asked, answered = ("stream " if streams else "" for streams in (rpc.client_streaming, rpc.server_streaming))
    level = MethodOptions.IdempotencyLevel.Name(rpc.options.idempotency_level)
    said = f" [idempotency_level = {level}]" if rpc.options.idempotency_level else ""
    return f"{asked}{rpc.input_type} → {answered}{rpc.output_type}{said}"


def _message(message: DescriptorProto, within: str) -> dict[str, Mapping[str, str]]:
    name = f"{within}.{message.name}"
    numbers = _reserved((span.start, span.end) for span in message.reserved_range)
    names = dict.fromkeys(message.reserved_name, "reserved")
    fields = {str(one.number): _field(one, message) for one in message.field}
    found: dict[str, Mapping[str, str]] = {name: fields | numbers | names}
    for nested in message.nested_type:
        found |= _message(nested, name)
    for enum in message.enum_type:
        found |= _enum(enum, name)
    return found


def _enum(enum: EnumDescriptorProto, within: str) -> dict[str, Mapping[str, str]]:
    numbers = _reserved((span.start, span.end + 1) for span in enum.reserved_range)
    names = dict.fromkeys(enum.reserved_name, "reserved")
    return {f"{within}.{enum.name}": {str(one.number): one.name for one in enum.value} | numbers | names}


def _reserved(spans: Iterable[tuple[int, int]]) -> dict[str, str]:
    """Of `5 to max`, the first thousand."""
    return {str(number): "reserved" for start, end in spans for number in range(start, min(end, start + 1000))}


def _field(field: FieldDescriptorProto, message: DescriptorProto) -> str:
    kind = field.type_name or FieldDescriptorProto.Type.Name(field.type).removeprefix("TYPE_").lower()
    label = "repeated " if field.label == FieldDescriptorProto.LABEL_REPEATED else "optional " if field.proto3_optional else ""
    chosen = field.HasField("oneof_index") and not field.proto3_optional
    told = f"{label}{kind} {field.name}" + (f" of {message.oneof_decl[field.oneof_index].name}" if chosen else "")
    # The generated code says no name in JSON that is made of the field's own.
    return f"{told} [json_name = {field.json_name}]" if field.json_name not in ("", _in_json(field.name)) else told


def _in_json(name: str) -> str:
    """https://protobuf.dev/programming-guides/json/: `lowerCamelCase`."""
    return re.sub("_+(.?)", lambda found: found[1].upper(), name)


def changes(before: Api, after: Api) -> Iterator[str]:
    """What breaks clients of `before`."""
    for kind, members in before.items():
        if kind not in after:
            yield f"{kind} is gone"
            continue
        for key, member in members.items():
            now = after[kind].get(key, "gone")
            if now != member:
                yield f"{kind}, {key}: was `{member}`, is `{now}`"


def unreserved(before: Api, after: Api) -> Iterator[str]:
    """Numbers and names of fields and members that are gone, and that something else could get."""
    for kind in before.keys() & after.keys():
        now = after[kind]
        names = {_name(member) for member in now.values()} | {key for key, member in now.items() if member == "reserved"}
        for number, member in before[kind].items():
            if number.isdecimal() and member != "reserved":
                if number not in now:
                    yield f"{kind}: number {number} is gone without `reserved {number};`"
                if _name(member) not in names:
                    yield f'{kind}: {_name(member)} is gone without `reserved "{_name(member)}";`'


def _name(member: str) -> str:
    return member.partition(" [")[0].partition(" of ")[0].rpartition(" ")[2]


def main() -> int:
    after = api(list(files()))
    if sys.argv[1:] == ["--release"]:
        RELEASED.write_text(json.dumps(after, indent=1, ensure_ascii=False) + "\n")
        return 0
    before: Api = json.loads(RELEASED.read_text())
    release = tomllib.loads((REPOSITORY / "clients/python/pyproject.toml").read_text())["project"]["version"]
    broken, bare = list(changes(before, after)), list(unreserved(before, after))
    for told in (*broken, *bare):
        sys.stdout.write(f"{told}\n")
    return int(bool(bare) or (bool(broken) and int(release.partition(".")[0]) >= 1))


if __name__ == "__main__":
    sys.exit(main())
