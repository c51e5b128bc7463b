"""Calls one operation of each combination of kinds through a box, against a server that verifies the credentials.

All parts are real: the embedded stack with its Vault, a gateway, boxes, TLS. The operation is one of the collection, imported
from its own document with a server of the benchmark's. First the call with the right secrets is let in; then, for each secret
in turn, a call with a wrong one in its place is not. A combination works only if both hold.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.auth_kinds import Combination
from benchmarks.auth_locks import Fields, Locksmith
from benchmarks.auth_manifest import manifest_of, paths_of
from benchmarks.auth_server import VerifyingServer
from benchmarks.auth_tally import Example
from benchmarks.stack import confirm_gone, local_options, start_gateway, temporary_home
from callgate import AsyncClient, CallgateError, ImportReport, Succeeded
from gateway.cli.toolset.provision import credential_roles
from gateway.embedded.passed_settings import vault_settings
from gateway.embedded.stack import Stack
from gateway.embedded.state_dir import StateDir
from gateway.secrets.provision import provision
from gateway.secrets.vault import Vault
from gateway.secrets.vault_login import FixedToken
from registry.schema.sampling import sample
from tests.real_apis.certificates import Authority, server_context

#: Combinations that are tried at the same time, and boxes that wait for them.
AT_ONCE, POOL = 3, 4


@dataclass(frozen=True, slots=True)
class Surroundings:
    client: AsyncClient
    vault: Vault
    server: VerifyingServer
    locksmith: Locksmith


@dataclass(frozen=True, slots=True)
class Offered:
    """The one tool of a combination's operation, and arguments for it."""

    tool: str
    arguments: Mapping[str, Any]
    door: str


class NotOffered(Exception):
    """The operation is no tool that can be called."""


async def prove(examples: Mapping[Combination, Example], specs: Path) -> dict[Combination, str]:
    """Why each combination does not work; empty: it does. Raises EmbeddedError, GatewayError, BoxesLeft."""
    turns = asyncio.Semaphore(AT_ONCE)
    async with surroundings() as around:

        async def one(door: str, example: Example) -> str:
            async with turns:
                return await try_one(around, door, example, (specs / example.document).read_bytes())

        asked = [one(f"door{number}", example) for number, example in enumerate(examples.values())]
        return dict(zip(examples, await asyncio.gather(*asked), strict=True))


@asynccontextmanager
async def surroundings() -> AsyncIterator[Surroundings]:
    """The stack, and the server beside it. Raises EmbeddedError, GatewayError, BoxesLeft."""
    own, clients = Authority("Of the servers"), Authority("Of the clients")
    with temporary_home() as home, temporary_home() as files:
        (files / "own.pem").write_text(own.pem)
        pair = own.pair("api", ["127.0.0.1"]).at(files / "server.pem")
        options = replace(local_options(), passed={"CALLGATE_CA_FILE": str(files / "own.pem")})
        state = StateDir(home)
        with VerifyingServer(server_context(pair, clients=clients.pem, optional=True)) as server:
            async with Stack(state, options) as stack, AsyncExitStack() as started:
                started.push_async_callback(confirm_gone, home)
                gateway = await start_gateway(started, stack, "auth", pool_size=POOL)
                vault = Vault(vault_settings(stack.settings), FixedToken(state.root_token.read_text()), patience=10.0)
                started.push_async_callback(vault.aclose)
                client = await started.enter_async_context(AsyncClient(gateway, token=state.token.read_text()))
                yield Surroundings(client, vault, server, Locksmith(server, clients))


async def try_one(around: Surroundings, door: str, example: Example, document: bytes) -> str:
    """Why no call of the operation is let in by its credentials alone; empty: one is."""
    paths = paths_of(example.alternative.parts, f"secret/data/{door}")
    locks = around.locksmith.locks(example.alternative, paths)
    url = around.server.open(door, tuple(lock.check for lock in locks.values()))
    try:
        offered = await _offer(around, door, example, document, url)
        for path, lock in locks.items():
            await _store(around.vault, path, lock.right)
        if why := await _call(around, offered):
            return why
        for path, lock in locks.items():
            lock.forget()
            await _store(around.vault, path, lock.wrong)
            if not await _is_refused(around, offered):
                schemes = ", ".join(name for name in example.alternative.parts if paths[name] == path)
                return f"a wrong secret is let in, or not asked for: {schemes}"
            await _store(around.vault, path, lock.right)
    except (CallgateError, NotOffered) as error:
        return f"{type(error).__name__}: {error}"
    return ""


async def _offer(around: Surroundings, door: str, example: Example, document: bytes, url: str) -> Offered:
    """Import the document for this one operation, under names that no other document's tools have."""
    paths = paths_of(example.alternative.parts, f"secret/data/{door}")
    words = manifest_of(example.alternative.parts, paths, f"{around.server.url}/token")
    manifest = {"toolset": door, "prefix": f"{door}_", "include": [example.route], **words}
    report = await around.client.toolsets.import_openapi(document, door, server=url, manifest=json.dumps(manifest).encode())
    await provision(around.vault, credential_roles(report.roles))
    if len(report.tools) != 1:
        raise NotOffered(_faults(report, example.route))
    tool = await around.client.tools.get(report.tools[0].name)
    arguments = sample(dict(tool.input_schema))
    if arguments is None:
        raise NotOffered("no arguments were found that fit the schema")
    return Offered(tool.name, arguments, door)


async def _call(around: Surroundings, offered: Offered) -> str:
    """Why the call is not let in; empty: it is, once."""
    before = around.server.let_in[offered.door]
    outcome = (await around.client.call(offered.tool, offered.arguments)).outcome
    if not isinstance(outcome, Succeeded):
        return str(outcome)
    came = around.server.let_in[offered.door] - before
    return "" if came == 1 else f"{came} requests were let in for one call"


async def _is_refused(around: Surroundings, offered: Offered) -> bool:
    """Whether the server was asked, and let nothing in."""
    let_in, refused = (counted[offered.door] for counted in (around.server.let_in, around.server.refused))
    try:
        outcome = (await around.client.call(offered.tool, offered.arguments)).outcome
    except CallgateError:  # the authorization server has refused the client
        outcome = None
    came, asked = around.server.let_in[offered.door] - let_in, around.server.refused[offered.door] - refused
    return not isinstance(outcome, Succeeded) and came == 0 and asked > 0


async def _store(vault: Vault, path: str, fields: Fields) -> None:
    await vault.request("POST", path, {"data": dict(fields)})


def _faults(report: ImportReport, route: str) -> str:
    told = [fault.message for fault in report.faults if route in fault.operations]
    return f"{len(report.tools)} tools; {'; '.join(told) or 'no fault says why'}"
