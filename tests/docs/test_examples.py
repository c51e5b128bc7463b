"""Every fenced example of the documents is run by a test, or says why it is not; what is only read is held to its own rules."""

import ast
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from gateway.model.config import PREFIX, load
from registry.manifest.reader import read_manifest
from tests.docs.pages import DOCS, REPOSITORY, Fence, documented, fences

#: Which test runs the examples of a page that are in this language.
RUN_BY = {
    ("README.md", "console"): "tests/docs/test_quickstart.py",
    ("README.md", "python"): "tests/docs/test_quickstart.py",
    ("docs/quickstart.md", "console"): "tests/docs/test_quickstart.py",
    ("docs/quickstart.md", "python"): "tests/docs/test_quickstart.py",
    ("docs/tutorial.md", "console"): "tests/docs/test_quickstart.py",
    ("docs/tutorial.md", "python"): "tests/docs/test_quickstart.py",
    ("docs/tutorial.md", "yaml"): "tests/docs/test_quickstart.py",
    ("clients/python/README.md", "python"): "tests/docs/test_snippets.py",
    ("docs/keys-and-runs.md", "python"): "tests/docs/test_snippets.py",
    ("docs/runs.md", "python"): "tests/docs/test_runs_page.py",
    ("docs/runs.md", "console"): "tests/docs/test_runs_page.py",
    ("docs/adapters.md", "python"): "tests/clients/test_documented.py",
    ("docs/mcp.md", "json"): "tests/docs/test_mcp_page.py",
    ("docs/mcp.md", "python"): "tests/docs/test_mcp_page.py",
    ("docs/mcp-over-http.md", "ini"): "tests/docs/test_mcp_over_http_page.py",
    ("docs/mcp-over-http.md", "json"): "tests/docs/test_mcp_over_http_page.py",
    ("docs/mcp-over-http.md", "nginx"): "tests/docs/test_mcp_over_http_page.py",
    ("docs/mcp-over-http.md", "python"): "tests/docs/test_mcp_over_http_page.py",
    ("docs/typescript.md", "ts"): "tests/clients/test_typescript_documented.py",
    ("clients/typescript/README.md", "ts"): "tests/clients/test_typescript_documented.py",
    ("docs/search.md", "console"): "tests/docs/test_search_page.py",
    ("docs/search.md", "python"): "tests/docs/test_search_page.py",
    ("docs/testing-agents.md", "console"): "tests/docs/test_testing_agents.py",
    ("docs/testing-agents.md", "python"): "tests/docs/test_testing_agents.py",
    ("docs/principals.md", "console"): "tests/docs/test_operators.py",
    ("docs/principals.md", "json"): "tests/docs/test_operators.py",
    ("docs/container-tools.md", "bash"): "tests/docs/test_container_tools.py",
    ("docs/requests-and-answers.md", "python"): "tests/keys_and_streams/test_llm_tools.py",
    ("docs/registry.md", "bash"): "tests/docs/test_operators.py",
    ("docs/running-a-gateway.md", "bash"): "tests/docs/test_running_a_gateway.py",
    ("docs/running-redis.md", "redis"): "tests/gateway/records/redis/test_access.py",
    ("docs/behind-a-proxy.md", "haproxy"): "tests/proxies.py",
    ("docs/behind-a-proxy.md", "nginx"): "tests/proxies.py",
}
ALL = [fence for page in documented() for fence in fences(page)]


def names_of_files(fence: Fence) -> None:
    """What is installed from the checkout is there."""
    assert "pip install" in fence.body
    named = re.findall(r"-r (\S+)|(clients/python)$", fence.body, re.MULTILINE)
    assert named
    assert all((REPOSITORY / (lock or folder)).exists() for lock, folder in named)


#: Why an example is not run, and what is held of it all the same.
NOT_RUN: dict[str, Callable[[Fence], None]] = {"fetches packages from an index": names_of_files}


def settings_are_read(fence: Fence) -> None:
    """A gateway's configuration takes these settings together, and no name among them is unknown."""
    lines = [re.sub(r"\s+#.*$", "", line) for line in fence.body.splitlines()]
    given = {name: value.strip('"') for name, _, value in (line.partition("=") for line in lines)}
    required = {f"{PREFIX}{name}_FILE": "/file" for name in ("PRINCIPALS", "VAULT_ROLE_ID", "VAULT_SECRET_ID")}
    certain = {f"{PREFIX}REDIS_URL": "redis+sentinel://s/S/0"} if f"{PREFIX}REDIS_SENTINEL_USER" in given else {}
    assert load({**required, **certain, **given}).redis_url


def manifest_is_read(fence: Fence) -> None:
    whole = fence.body if fence.body.lstrip().startswith(("toolset:", "#")) else f"toolset: t\n{fence.body}"
    assert yaml.safe_load(whole)
    assert read_manifest(whole.encode())


def text_is_no_command(fence: Fence) -> None:
    assert not any(line.startswith("$ ") for line in fence.body.splitlines())


READ = {"ini": settings_are_read, "yaml": manifest_is_read, "text": text_is_no_command}


def test_there_are_examples() -> None:
    assert len(ALL) > 100


@pytest.mark.parametrize("fence", ALL, ids=lambda fence: f"{fence.name}-{fence.language}")
def test_an_example_is_run_or_says_why_it_is_not(fence: Fence) -> None:
    runner = RUN_BY.get((fence.name, fence.language))
    if fence.mark:
        assert runner is None
        NOT_RUN[fence.mark](fence)
    elif runner:
        assert fence.page.name in (REPOSITORY / runner).read_text()
    else:
        assert fence.language in READ, f"{fence.name}: no test runs this, and it does not say why:\n{fence.body}"
        READ[fence.language](fence)


@pytest.mark.parametrize("fence", [fence for fence in ALL if fence.language == "python"], ids=lambda fence: fence.name)
def test_a_program_is_python(fence: Fence) -> None:
    ast.parse(fence.body)


@pytest.mark.parametrize("place", RUN_BY)
def test_no_runner_is_named_for_what_is_not_there(place: tuple[str, str]) -> None:
    page, language = place
    assert any((fence.name, fence.language) == (page, language) for fence in ALL)
    assert (REPOSITORY / RUN_BY[place]).is_file()


@pytest.mark.parametrize(
    "body", ["```console\n$ callgate tools\n```\n", "```yaml\nno_such_word: 1\n```\n", "```ini\nCALLGATE_NO_SUCH=1\n```\n"]
)
def test_an_example_that_no_test_runs_is_found(body: str, tmp_path: Path) -> None:
    page = DOCS / "no-such-page.md"
    written = tmp_path / page.name
    written.write_text(body)
    [fence] = fences(written)
    assert READ.get(fence.language) is None or _fails(READ[fence.language], fence)


def _fails(check: Callable[[Fence], None], fence: Fence) -> bool:
    with pytest.raises(Exception):  # noqa: B017, PT011 - each reader has an error of its own
        check(fence)
    return True
