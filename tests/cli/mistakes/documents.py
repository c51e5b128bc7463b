"""To make tools of a document: what is no document of an API, and what it does not say."""

from tests.cli.mistakes.mistake import Mistake, Needs, document

_VERIFIED = r"^1 tools, "
_VERIFY = "callgate toolset verify"
_TO = "--server https://api.example.com"

DOCUMENTS = (
    Mistake(
        what="a document that does not say that it is OpenAPI",
        needs=Needs.NOTHING,
        files={"api.yaml": document("read_echo", head="")},
        does=f"{_VERIFY} api.yaml {_TO}",
        code=2,
        cure=r"such as `(?P<line>openapi: 3\.1\.0)`",
        follows=f'sed -i "1i $line" api.yaml; {_VERIFY} api.yaml {_TO}',
        works=_VERIFIED,
    ),
    Mistake(
        what="the page that shows a document",
        needs=Needs.NOTHING,
        does=f"{_VERIFY} $SITE/docs {_TO}",
        code=2,
        cure=r"Name the document itself.* ends in \.json or (?P<suffix>\.yaml)",
        follows=f"{_VERIFY} $SITE/openapi$suffix {_TO}",
        works=_VERIFIED,
    ),
    Mistake(
        what="YAML that is indented by tabs",
        needs=Needs.NOTHING,
        files={"api.yaml": document("read_echo").replace("      op", "\t\t\top")},
        does=f"{_VERIFY} api.yaml {_TO}",
        code=2,
        cure=r"`(?P<cure>expand -t 2) FILE`",
        follows=f"$cure api.yaml >spaces.yaml; {_VERIFY} spaces.yaml {_TO}",
        works=_VERIFIED,
    ),
    Mistake(
        what="a document that names no server",
        files={"api.yaml": document("read_served")},
        does="callgate toolset import api.yaml --name served",
        code=1,
        cure=r"pass (?P<option>--server)",
        follows="callgate toolset import api.yaml --name served $option $SITE && callgate call read_served",
        works="succeeded with HTTP status 200",
    ),
    Mistake(
        what="a document whose server is relative",
        files={"api.yaml": document("read_related") + "servers: [{url: /}]\n"},
        does="callgate toolset import api.yaml --name related",
        code=1,
        cure=r"is not absolute.*pass (?P<option>--server)",
        follows="callgate toolset import api.yaml --name related $option $SITE && callgate call read_related",
        works="succeeded with HTTP status 200",
    ),
    Mistake(
        what="a URL with nothing behind it",
        needs=Needs.NOTHING,
        does=f"{_VERIFY} $SITE/openapi.json {_TO}",
        code=2,
        cure=r"status 404.*take the address from the API's own pages",
        follows=f"{_VERIFY} $SITE/openapi.yaml {_TO}",
        works=_VERIFIED,
    ),
    Mistake(
        what="a file that has another name",
        needs=Needs.NOTHING,
        files={"openapi.yaml": document("read_echo")},
        does=f"{_VERIFY} openapi.yml {_TO}",
        code=2,
        cure=r"did you mean (?P<name>\S+)\?",
        follows=f"{_VERIFY} $name {_TO}",
        works=_VERIFIED,
    ),
    Mistake(
        what="a misspelt form of results",
        needs=Needs.NOTHING,
        files={"api.yaml": document("read_echo")},
        does=f"{_VERIFY} api.yaml {_TO} -o jsn",
        code=2,
        cure=r"'jsn' is not one of .*'(?P<form>json)'",
        follows=f"{_VERIFY} api.yaml {_TO} -o $form",
        works='"operations": 1',
    ),
)
