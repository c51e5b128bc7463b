"""To say in a manifest what the tools may do, to store their secrets, and to decide about their versions."""

from tests.cli.mistakes.mistake import Mistake, document

_SUCCEEDED = "succeeded with HTTP status 200"
_KEY = "components: {securitySchemes: {key: {type: apiKey, in: header, name: key}}}\nsecurity: [{key: []}]\n"
_FORMAT = "      parameters: [{name: format, in: query, schema: {type: string}}]\n"
_FORMAT_MUST = _FORMAT.replace("in: query", "in: query, required: true")


def _manifest(operations: str, toolset: str) -> str:
    return f"toolset: {toolset}\nsource: api.yaml\nserver: $SITE\n{operations}"


def _with_secret(name: str, path: str) -> str:
    imported = f"callgate toolset import api.yaml --name {name} --server $SITE --credential key={path}#token"
    return f"{imported}; callgate call read_{name}"


TOOLSETS = (
    Mistake(
        what="a misspelt word in a manifest",
        files={
            "api.yaml": document("read_word"),
            "callgate.toolset.yaml": _manifest("opperations: {read_word: {name: word}}\n", "words"),
        },
        does="callgate toolset plan",
        code=2,
        cure=r"expected '(?P<right>\w+)' instead of '(?P<wrong>\w+)'",
        follows='sed -i "s/$wrong/$right/" callgate.toolset.yaml; callgate toolset plan',
        works="^1 added",
    ),
    Mistake(
        what="a manifest that names an operation which the document does not have",
        files={
            "api.yaml": document("read_thing"),
            "callgate.toolset.yaml": _manifest("operations: {raed_thing: {name: thing}}\n", "things"),
        },
        does="callgate toolset plan",
        code=1,
        cure=r"raed_thing.*(?P<right>read_thing)",
        follows='sed -i "s/raed_thing/$right/" callgate.toolset.yaml; callgate toolset apply && callgate call thing',
        works=_SUCCEEDED,
    ),
    Mistake(
        what="a secret that is not stored",
        files={"api.yaml": document("read_sealed") + _KEY},
        does=_with_secret("sealed", "secret/data/shop/sealed"),
        code=1,
        cure=r"^(?P<cure>callgate secret set \S+ \S+)$",
        follows="echo open | $cure && callgate call read_sealed",
        works=_SUCCEEDED,
    ),
    Mistake(
        what="a secret that is stored in another field",
        files={"api.yaml": document("read_locked") + _KEY},
        before="echo open | callgate secret set secret/data/shop/locked tokn",
        does=_with_secret("locked", "secret/data/shop/locked"),
        code=1,
        cure=r"^(?P<cure>callgate secret set \S+ \S+)$",
        follows="echo open | $cure && callgate call read_locked",
        works=_SUCCEEDED,
    ),
    Mistake(
        what="a plan that breaks callers",
        files={
            "first.yaml": document("read_format", more=_FORMAT),
            "api.yaml": document("read_format", more=_FORMAT_MUST),
        },
        before="callgate toolset import first.yaml --name format --server $SITE",
        does="callgate toolset plan api.yaml --name format --server $SITE",
        code=1,
        cure=r"BREAKING(?s:.*)(?P<cure>callgate toolset promote read_format)",
        follows="callgate toolset apply api.yaml --name format --server $SITE && $cure && "
        "callgate call read_format@2 format=pdf",
        works=_SUCCEEDED,
    ),
    Mistake(
        what="a version that waits for promotion",
        files={"api.yaml": document("read_held")},
        before="callgate toolset apply api.yaml --name held --server $SITE --require-promotion",
        does="callgate call read_held",
        code=3,
        cure=r"`(?P<cure>callgate toolset promote \S+)`",
        follows="$cure && callgate call read_held",
        works=_SUCCEEDED,
    ),
    Mistake(
        what="the tools of a toolset that there is not",
        does="callgate tools --toolset hoem",
        code=5,
        cure=r"`(?P<cure>callgate tools)` lists all that can be called",
        follows="$cure | grep -o 'home' | head -n 1 | xargs -n 1 $cure --toolset",
        works="read_home",
    ),
)
