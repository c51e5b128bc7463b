"""The API's definition keeps the rules of its package, and what breaks clients is found."""

import re
from collections.abc import Callable, Iterator

import pytest
from google.protobuf.descriptor_pb2 import DescriptorProto, EnumDescriptorProto, FileDescriptorProto

from scripts.proto_changes import SOURCES, api, changes, files, unreserved

FILES = list(files())
TIME = ".google.protobuf.Timestamp"


def messages(within: list[DescriptorProto]) -> Iterator[DescriptorProto]:
    for message in within:
        yield message
        yield from messages(list(message.nested_type))


MESSAGES = [message for file in FILES for message in messages(list(file.message_type))]
ENUMS = [enum for file in FILES for enum in (*file.enum_type, *(one for m in file.message_type for one in m.enum_type))]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.name)
def test_the_numbers_of_a_message_are_in_order_and_without_gaps(message: DescriptorProto) -> None:
    numbers = sorted(
        [field.number for field in message.field] + [n for r in message.reserved_range for n in range(r.start, r.end)]
    )
    assert numbers == list(range(1, len(numbers) + 1))
    outside = [field.number for field in message.field if not field.HasField("oneof_index")]
    assert outside == sorted(outside)


@pytest.mark.parametrize("enum", ENUMS, ids=lambda enum: enum.name)
def test_the_members_of_an_enum_bear_its_name_and_the_first_says_nothing(enum: EnumDescriptorProto) -> None:
    prefix = re.sub("(?<=[a-z])(?=[A-Z])", "_", enum.name).upper() + "_"
    assert enum.value[0].name == f"{prefix}UNSPECIFIED"
    assert {one.name[: len(prefix)] for one in enum.value} == {prefix}
    assert [one.number for one in enum.value] == sorted(one.number for one in enum.value)


def test_every_moment_is_a_time() -> None:
    named = {f"{message.name}.{field.name}" for message in MESSAGES for field in message.field if field.type_name == TIME}
    assert {name for name in named if not name.endswith(("_time", ".time"))} == set()


def test_every_list_is_in_pages() -> None:
    fields = {message.name: {field.name: field.type for field in message.field} for message in MESSAGES}
    lists = [rpc for file in FILES for service in file.service for rpc in service.method if rpc.name.startswith("List")]
    assert len(lists) >= 7
    for rpc in lists:
        asked, answered = (fields[name.rpartition(".")[2]] for name in (rpc.input_type, rpc.output_type))
        assert {"page_size", "page_token"} <= asked.keys()
        assert "next_page_token" in answered


def test_no_line_is_longer_than_120_columns() -> None:
    for path in SOURCES.glob("*.proto"):
        assert max(map(len, path.read_text().splitlines())) <= 120


def test_every_rpc_says_what_its_errors_mean() -> None:
    for path in SOURCES.glob("*_service.proto"):
        for comment, name in re.findall(r"((?:  //.*\n)+)  rpc (\w+)\(", path.read_text()):
            assert f"// {name} " in comment
            assert "// Errors" in comment, name


def changed(text: str) -> tuple[list[str], list[str]]:
    """What is told where a message was `Tool { string name = 1; string toolset = 2; }`, and is what the text makes of it."""
    before, after = FileDescriptorProto(package="p"), FileDescriptorProto(package="p")
    for file, fields in ((before, "1 name, 2 toolset"), (after, text)):
        message = file.message_type.add(name="Tool")
        for field in filter(None, fields.split(", ")):
            number, name = field.split(" ")
            if number == "reserved":
                (
                    message.reserved_range.add(start=int(name), end=int(name) + 1)
                    if name.isdecimal()
                    else message.reserved_name.append(name)
                )
            else:
                message.field.add(name=name, number=int(number), type="TYPE_STRING", label="LABEL_OPTIONAL")
    return list(changes(api([before]), api([after]))), sorted(unreserved(api([before]), api([after])))


def test_what_is_new_breaks_nothing() -> None:
    assert changed("1 name, 2 toolset, 3 digest") == ([], [])


def test_what_is_gone_breaks_clients_and_must_be_reserved() -> None:
    broken, bare = changed("1 name")
    assert broken == ["p.Tool, 2: was `string toolset`, is `gone`"]
    assert bare == [
        "p.Tool: number 2 is gone without `reserved 2;`",
        'p.Tool: toolset is gone without `reserved "toolset";`',
    ]
    assert changed("1 name, reserved 2, reserved toolset") == (["p.Tool, 2: was `string toolset`, is `reserved`"], [])


def test_a_number_that_another_field_got_is_refused() -> None:
    broken, bare = changed("1 name, 2 digest")
    assert broken == ["p.Tool, 2: was `string toolset`, is `string digest`"]
    assert bare == ['p.Tool: toolset is gone without `reserved "toolset";`']


def described() -> FileDescriptorProto:
    """A file with one of each kind."""
    file = FileDescriptorProto(name="p/tools.proto", package="p")
    message = file.message_type.add(name="Tool")
    message.field.add(name="short_name", number=1, type="TYPE_STRING", label="LABEL_OPTIONAL")
    message.enum_type.add(name="Size").value.add(name="SIZE_UNSPECIFIED", number=0)
    file.enum_type.add(name="Form").value.add(name="FORM_UNSPECIFIED", number=0)
    file.service.add(name="Tools").method.add(name="Get", input_type=".p.Tool", output_type=".p.Tool")
    return file


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda file: setattr(file.message_type[0].field[0], "json_name", "short"), ["[json_name = short]"]),
        (lambda file: setattr(file.message_type[0].field[0], "json_name", "shortName"), []),
        (lambda file: setattr(file.message_type[0].field[0], "type", "TYPE_BYTES"), ["is `bytes short_name`"]),
        (lambda file: setattr(file.message_type[0].field[0], "label", "LABEL_REPEATED"), ["is `repeated string short_name`"]),
        (lambda file: setattr(file.enum_type[0].value[0], "name", "FORM_NONE"), ["p.Form, 0: was `FORM_UNSPECIFIED`"]),
        (lambda file: setattr(file.service[0].method[0], "server_streaming", True), ["p.Tools, Get"]),
        (lambda file: setattr(file.service[0].method[0], "output_type", ".p.Form"), ["p.Tools, Get"]),
        (lambda file: setattr(file.service[0].method[0].options, "idempotency_level", "IDEMPOTENT"), ["p.Tools, Get"]),
        (lambda file: file.service[0].method.pop(), ["p.Tools, Get: was `.p.Tool → .p.Tool`, is `gone`"]),
        (lambda file: file.message_type[0].enum_type.pop(), ["p.Tool.Size is gone"]),
        (lambda file: file.service.pop(), ["p.Tools is gone"]),
        (lambda file: setattr(file, "name", "p/others.proto"), ["p.Tool, (file)", "p.Tool.Size", "p.Form", "p.Tools"]),
    ],
)
def test_a_change_that_breaks_clients_is_told_whatever_its_kind(
    change: Callable[[FileDescriptorProto], object], told: list[str]
) -> None:
    before, after = api([described()]), described()
    change(after)
    found = list(changes(before, api([after])))
    assert len(found) == len(told)
    assert all(words in line for words, line in zip(told, found, strict=True)), found
