"""What an operator decides about a document before its first import: asked for, or taken from options."""

import re
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

from gateway.cli.toolset.import_request import credential_source
from gateway.cli.toolset.questions import Interview, Question
from gateway.secrets.provision import checked_path
from registry.compiler.compiler import require_toolset_name
from registry.compiler.open_questions import OpenQuestions
from registry.compiler.servers import require_server
from registry.manifest.toolset import CredentialSource
from registry.model.errors import ManifestInvalid

#: The answer that no secret is needed.
NONE = "-"
_CREDENTIAL = "--credential"

DOCUMENT = Question(
    "Where is the OpenAPI document? A file, or an http(s) URL", "SOURCE", "name the OpenAPI document: a file, or an http(s) URL"
)
_NAME = Question(
    "What is the toolset to be called?",
    "--name",
    "the document's title makes no name: name the toolset, such as orders",
    require_toolset_name,
)
_SERVER = Question(
    "The document does not say where its API is. What is the API's base URL?",
    "--server",
    "the document does not say where its API is: give the base URL, such as https://api.example.com/v1",
    require_server,
)
_PATH = Question("At which path of Vault is its secret?", _CREDENTIAL, "name the path: SCHEME=PATH#FIELD", checked_path)
_FIELD = Question("In which field of the secret?", _CREDENTIAL, "name the field: SCHEME=PATH#FIELD")


@dataclass(frozen=True, slots=True)
class Given:
    """What the options say. Empty or None: nothing. `no_credential`: that no secret is needed."""

    name: str
    server: str
    credentials: Sequence[str]
    _: KW_ONLY
    no_credential: bool
    promote: bool | None


@dataclass(frozen=True, slots=True)
class Decisions:
    """`server` is empty where the document's own is taken. `promote`: the tools can be called as soon as they are imported."""

    toolset: str
    server: str
    credentials: tuple[CredentialSource, ...]
    promote: bool


def decide(interview: Interview, open_questions: OpenQuestions, given: Given) -> Decisions:
    """Raises BadParameter for an answer that is wrong, or missing where no person is asked."""
    toolset = interview.answer(_NAME, given.name, title_name(open_questions.title))
    server = given.server
    if server or open_questions.lacks_server:
        server = interview.answer(_SERVER, server)
    credentials = _credentials(interview, open_questions.schemes, toolset, given)
    question = "Are its tools to be called as soon as they are imported? Otherwise they wait until you promote them."
    return Decisions(toolset, server, credentials, interview.agrees(question, given.promote, default=True))


def usual_path(toolset: str) -> str:
    return f"secret/data/{toolset}"


#: The field of a secret that is written where the operator names no other.
USUAL_FIELD = "token"


def _credentials(interview: Interview, schemes: tuple[str, ...], toolset: str, given: Given) -> tuple[CredentialSource, ...]:
    if given.credentials:
        return tuple(_given(text) for text in given.credentials)
    if given.no_credential or not schemes:
        return ()
    # Of several schemes, a person decides: a default would send the secret of one to a place that is meant for another's.
    scheme = interview.answer(_which(schemes), default=schemes[0] if interview.asks or len(schemes) == 1 else "")
    if scheme == NONE:
        return ()
    path = interview.answer(_PATH, default=usual_path(toolset))
    return (CredentialSource(scheme, path, interview.answer(_FIELD, default=USUAL_FIELD)),)


def _given(text: str) -> CredentialSource:
    named = credential_source(text)
    path = Interview(asks=False).answer(_PATH, named.path)
    return CredentialSource(named.scheme, path, named.field, named.username_field)


def _which(schemes: tuple[str, ...]) -> Question:
    names = ", ".join(schemes)

    def check(answer: str) -> None:
        if answer not in (*schemes, NONE):
            raise ManifestInvalid(
                "the document's operations name no such scheme", cure=f"Answer one of {names}; {NONE} for none."
            )

    missing = (
        f"the document's operations ask for one of {names}: name one with its secret, SCHEME=PATH#FIELD, or --no-credential"
    )
    return Question(f"Which security scheme have you a secret for? {names}; {NONE} for none", _CREDENTIAL, missing, check)


def title_name(title: str) -> str:
    """A name for the toolset of this title. Empty where the title has no letter for it to begin with."""
    words = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    return words.lstrip("-0123456789")[:40].rstrip("-")
