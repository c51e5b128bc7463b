"""To call a tool, and to find the call again."""

from tests.cli.mistakes.mistake import Mistake, document

_QUERY = "      parameters: [{name: path, in: query, required: true, schema: {type: string}}]\n"
_BODY = (
    "      requestBody:\n        required: true\n        content:\n          application/json:\n"
    "            schema: {type: object, required: [item], properties: {item: {type: string}}}\n"
)
_SUCCEEDED = "succeeded with HTTP status 200"


def _imported(name: str) -> str:
    return f"callgate toolset import api.yaml --name {name} --server $SITE"


CALLING = (
    Mistake(
        what="a tool's name with a typo",
        does="callgate call raed_home",
        code=5,
        cure=r"Did you mean (?P<tool>\w+)",
        follows="callgate call $tool",
        works=_SUCCEEDED,
    ),
    Mistake(
        what="an argument is missing",
        files={"api.yaml": document("read_file", more=_QUERY)},
        before=_imported("missing"),
        does="callgate call read_file",
        code=3,
        cure=r'"(?P<name>path)" is a required property',
        follows="callgate call read_file $name=notes.txt",
        works="notes.txt",
    ),
    Mistake(
        what="a number for a text",
        files={"api.yaml": document("read_part", more=_QUERY)},
        before=_imported("typed"),
        does="callgate call read_part path=12345",
        code=3,
        cure=r"(?P<cure>path='\"…\"')",
        follows='eval "callgate call read_part ${cure/…/12345}"',
        works='"path": "12345"',
    ),
    Mistake(
        what="an argument that the tool does not have",
        files={"api.yaml": document("read_page", more=_QUERY)},
        before=_imported("unknown"),
        does="callgate call read_page path=notes.txt colour=red",
        code=3,
        cure=r"arguments: `(?P<cure>callgate tools show read_page)`",
        follows="$cure | grep -q '\"path\": {' && callgate call read_page path=notes.txt",
        works="notes.txt",
    ),
    Mistake(
        what="an argument that is malformed JSON",
        files={"api.yaml": document("send_item", method="post", more=_BODY)},
        before=_imported("json"),
        does="callgate call send_item 'body={item: tea}'",
        code=3,
        cure=r"body=… is malformed JSON .* stand in double quotes",
        follows='callgate call send_item \'body={"item": "tea"}\'',
        works=_SUCCEEDED,
    ),
    Mistake(
        what="a file of arguments, as other programs take it",
        files={"api.yaml": document("send_file", method="post", more=_BODY), "order.json": '{"body": {"item": "tea"}}'},
        before=_imported("files"),
        does="callgate call send_file @order.json",
        code=2,
        cure=r"write (?P<cure>- <FILE)",
        follows='eval "callgate call send_file ${cure/FILE/order.json}"',
        works=_SUCCEEDED,
    ),
    Mistake(
        what="Ctrl-C in a call, whose key is lost",
        files={"api.yaml": document("send_slowly", "/slow", method="post")},
        before=_imported("slow"),
        does="timeout --foreground --preserve-status --signal INT 6 callgate call send_slowly",
        code=130,
        cure=r"^(?P<cure>callgate (show|find) \S+)$",
        follows="until $cure | grep succeeded; do sleep 1; done",
        works=_SUCCEEDED,
    ),
    Mistake(
        what="the id of a call that was not made",
        before="callgate call read_home",
        does="callgate show inv_0123456789abcdef0123456789abcdef",
        code=5,
        cure=r"`(?P<cure>callgate list)` has the newest",
        follows="callgate show $($cure --limit 1 -o json | grep -o -m 1 'inv_[0-9a-f]*')",
        works="accepted",
    ),
    Mistake(
        what="a call whose outcome is unknown is left under review",
        files={"api.yaml": document("send_lost", "/cut", method="post")},
        before=_imported("lost"),
        does="callgate call send_lost",
        code=4,
        cure=r"under review: (?P<cure>callgate review show \S+)",
        follows="$($cure 2>&1 | grep -o 'callgate review resolve [^ ]*') --reason 'the site has none' --declare-failed",
        works="as local/operator/operator decided|as .*operator.* decided",
    ),
)
