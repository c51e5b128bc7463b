"""Document → drafts and faults. One operation's fault never stops the others."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from registry.compiler.bodies import read_body
from registry.compiler.bound_operations import BoundOperations, bind_operations
from registry.compiler.contracts import Contracts
from registry.compiler.descriptions import describe, is_deprecated
from registry.compiler.filled_arguments import FilledArguments
from registry.compiler.notes import notes_on, notes_on_names
from registry.compiler.operation_targets import OperationTarget, target_of
from registry.compiler.operations import OperationSite, find_sites
from registry.compiler.parameters import ParameterReader
from registry.compiler.responses import read_answer
from registry.compiler.secret_parameters import SecretParameters
from registry.compiler.secret_paths import faults_of_paths
from registry.compiler.security import Security
from registry.compiler.servers import ChosenServer, choose_server, require_server, server_levels
from registry.credentials.kinds import completed, require_one_person, withheld
from registry.document.swagger import is_swagger, source_pointer
from registry.manifest.apply import apply_settings, credentials_of
from registry.manifest.toolset import Compiled, CredentialSource, Progress, ToolsetHeader
from registry.model.effects import of_request
from registry.model.errors import DocumentInvalid, ManifestInvalid
from registry.model.import_fault import DistinctFaults, ImportFault, OperationUnusable, gathered
from registry.model.operation_key import Binding
from registry.model.references import References
from registry.model.tool import CONTAINER_SERVER, CredentialBinding, Draft, JsonObject, Operation
from registry.schema.token_budget import ToolSizes

__all__ = ["Compiled", "CredentialSource", "ImportFault", "ToolsetHeader", "compile_document", "require_toolset_name"]

OPERATIONS = 20_000
_CURE_OF_SIZE = (
    "Let planners list it in the form REDUCED (`callgate tools show --schema-form reduced`), take out by an overlay what no "
    "caller needs, or set `token_budget` in the manifest."
)
_TOOLSET = re.compile(r"[a-z][a-z0-9-]{0,39}")
_PATH = re.compile(r"(/(?!\.{1,2}([/?#]|\Z))[^/?#\x00-\x1f\x7f]*)+(\?[^#\x00-\x1f\x7f]*)?(#[^\x00-\x1f\x7f]*)?")


def require_toolset_name(name: str) -> str:
    """The name, if a toolset can have it. Raises DocumentInvalid."""
    if not _TOOLSET.fullmatch(name):
        raise DocumentInvalid(
            "the toolset's name has a character or a length that is not allowed",
            cure="Use 1 to 40 of a-z, 0-9 and `-`, beginning with a letter.",
        )
    return name


def compile_document(document: JsonObject, header: ToolsetHeader, progress: Progress | None = None) -> Compiled:
    """Each operation of a document that `loading` has read, as a draft or as a fault.

    `progress` is called before each operation, and at the end.

    Raises DocumentInvalid for a bad toolset name or server, a credential for an unknown scheme, or no operations at all.
    """
    require_toolset_name(header.toolset)
    faults: list[ImportFault] = []
    sites = list(find_sites(document, References(document), faults))
    if not sites and not faults:
        raise DocumentInvalid("the document has no operations", pointer="/paths", cure="Webhooks and schemas make no tools.")
    faults += (*notes_on(document, sites), *faults_of_paths(header))
    if len(sites) > OPERATIONS:
        raise DocumentInvalid(f"the document has more than {OPERATIONS:,} operations", cure="Split the document.")
    compiler = _Compiler(document, header)
    bound = bind_operations(sites, header, compiler.server_of)
    words = bound.word_faults()
    faults += (*words.lost, *words.told)
    given = FilledArguments(header.manifest, bound.meaning)
    made = list(compiler.compile_all(sites, bound, given, faults, progress or _ignore_progress))
    lost = (*words.lost, *given.faults())
    faults += lost[len(words.lost) :]
    _require_distinct([draft for draft, _ in made])
    if is_swagger(document):
        faults = [replace(fault, pointer=source_pointer(fault.pointer)) for fault in faults]
    drafts = tuple(sorted((draft for draft, _ in made), key=lambda draft: draft.name))
    bindings = {draft.name: binding for draft, binding in made}
    return Compiled(drafts, gathered(faults), bindings=bindings, lost=lost, mended=frozenset(compiler.mended))


class _Compiler:
    def __init__(self, document: JsonObject, header: ToolsetHeader) -> None:
        self._document = document
        self._info: JsonObject = info if isinstance(info := document.get("info"), dict) else {}
        self._header = header
        self._server = require_server(header.server) if header.server else None
        self._references = References(document)
        self._parameters = ParameterReader(self._references)
        self._security = Security(document, self._references, header.credentials)
        self._secret_parameters = SecretParameters()
        self._contracts = Contracts(self._references, is_30=str(document["openapi"]).startswith("3.0"))
        self._sizes = ToolSizes()
        self.mended: set[str] = set()

    def compile_all(
        self,
        sites: list[OperationSite],
        bound: BoundOperations,
        given: FilledArguments,
        faults: list[ImportFault],
        progress: Progress,
    ) -> Iterator[tuple[Draft, Binding]]:
        distinct = DistinctFaults(faults)
        for done, site in enumerate(sites):
            progress(done, len(sites), distinct.count())
            if not bound.meaning.selects(done):
                continue
            try:
                settings = bound.meaning.settings_for(done)
                draft = self._compile(site, bound.tool_name(done), settings, faults)
                given.see(done, draft.operation)
                if bound.requires_approval(done, settings):
                    draft = replace(draft, requires_approval=True)
                yield draft, bound.binding(done, settings)
            except OperationUnusable as unusable:
                given.see(done, None)
                faults.append(replace(unusable.fault, operations=(" ".join(site.route),)))
        faults += self._secret_parameters.faults()
        faults += notes_on_names((key.name, site) for key, site in zip(bound.keys, sites, strict=True))
        progress(len(sites), len(sites), distinct.count())

    def server_of(self, site: OperationSite) -> str:
        """Where the document sends the operation; empty where it does not say so."""
        with suppress(OperationUnusable):
            chosen = self._choose_server(site, {})
            return chosen if isinstance(chosen, str) else chosen.url
        return ""

    def _compile(self, site: OperationSite, name: str, settings: JsonObject, faults: list[ImportFault]) -> Draft:
        method, path = site.route
        if not _PATH.fullmatch(path):
            flaw = "has a character or a segment that no request can have" if path.startswith("/") else "does not begin with /"
            raise OperationUnusable(f"the path {flaw}", pointer=site.item_pointer)
        named = self._choose_server(site, settings)
        chosen, security_faults = self._credentials(site, settings)
        target = _target(named, chosen, settings)
        credentials = self._completed(chosen, _host_of(settings) or target.url, site) if target.is_trusted else ()
        body, body_faults = read_body(site.operation, site.pointer, self._references)
        parameters = self._parameters.read(
            path,
            (site.item, site.item_pointer),
            (site.operation, site.pointer),
            body=body.body.argument if body else None,
            occupied=withheld(chosen),
        )
        answer = read_answer(site.operation, site.pointer, self._references)
        promised, output_faults = self._contracts.answer(answer)
        closed = self._contracts.input(parameters.declared, body, site.pointer, " ".join(site.route))
        operation = Operation(
            method,
            target.url,
            path,
            parameters=tuple(declared.parameter for declared in parameters.declared),
            body=body.body if body else None,
            accept=answer.accept,
            security=self._security.requirements(site.operation),
        )
        draft = Draft(
            name=name,
            toolset=self._header.toolset,
            description=describe(site),
            input_schema=closed.schema,
            output_schema=promised.schema,
            operation=operation,
            effect=of_request(operation),
            credential=next(iter(credentials), None),
            responses=promised.responses,
            output_status=answer.success.status if answer.success else None,
            further_credentials=credentials[1:],
            deprecated=is_deprecated(site),
        )
        faults += (*target.faults, *security_faults, *body_faults, *parameters.ignored, *closed.faults, *output_faults)
        applied = apply_settings(draft, settings, site.pointer)
        if applied.container is None:
            self._secret_parameters.look_at(parameters.declared, applied.operation.parameters)
        self.mended |= {applied.name} if closed.mended or (body and body.mended) else set()
        faults += self._beyond_budget(applied, site)
        return applied

    def _beyond_budget(self, draft: Draft, site: OperationSite) -> Iterator[ImportFault]:
        tokens = self._sizes.tokens(draft.name, draft.description, draft.input_schema)
        if tokens > self._header.token_budget:
            message = f"the tool takes about {tokens:,} tokens of a model's context, more than {self._header.token_budget:,}"
            yield ImportFault(site.pointer, message, _CURE_OF_SIZE, (" ".join(site.route),))

    def _credentials(
        self, site: OperationSite, settings: JsonObject
    ) -> tuple[tuple[CredentialBinding, ...], tuple[ImportFault, ...]]:
        if "credential" in settings:
            return credentials_of(settings), ()
        shows = bool(settings.get("client_certificate"))
        return self._security.choose(site.operation, site.pointer, shows_certificate=shows)

    def _completed(
        self, chosen: tuple[CredentialBinding, ...], server: str, site: OperationSite
    ) -> tuple[CredentialBinding, ...]:
        try:
            require_one_person(chosen, site.pointer)
            return tuple(completed(one, server, self._info) for one in chosen)
        except OperationUnusable as unusable:
            raise OperationUnusable(unusable.fault.message, pointer=site.pointer, cure=unusable.fault.cure) from None

    def _choose_server(self, site: OperationSite, settings: JsonObject) -> str | ChosenServer:
        """The operator's, as a URL; or what the document has."""
        if self._server is not None:
            return self._server
        if settings.get("container"):
            return CONTAINER_SERVER
        return choose_server(server_levels(self._document, site), self._header.origin)


def _target(named: str | ChosenServer, credentials: tuple[CredentialBinding, ...], settings: JsonObject) -> OperationTarget:
    if isinstance(named, str):
        return OperationTarget(named)
    return target_of(named, has_secret=bool(credentials or settings.get("client_certificate")))


def _host_of(settings: JsonObject) -> str:
    """The URL of the host for which a container tool has its credential; empty where no container's settings name one."""
    container = settings.get("container") or {}
    named = container.get("credential_host") or next(iter(container.get("egress", ())), "")
    return f"https://{named.removeprefix('http://')}" if named else ""


def _ignore_progress(done: int, of: int, faults: int) -> None:
    pass


def _require_distinct(drafts: list[Draft]) -> None:
    """The compiler gives each operation a name of its own; a manifest may give one that another operation has."""
    twice = sorted(name for name, uses in Counter(draft.name for draft in drafts).items() if uses > 1)
    if twice:
        names = ", ".join(map(repr, twice))
        raise ManifestInvalid(f"the manifest gives operations names that others have: {names}", cure="Give each its own name.")
