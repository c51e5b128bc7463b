"""Which secrets an import may name, whatever the operator has said of prefixes."""

import pytest

from gateway.decisions.tenant_rules import NamedSecret, TenantRules
from gateway.model.errors import SecretNotAllowed

KEPT = "secret/data/orders/tokens/0123456789abcdef01234567"


@pytest.mark.parametrize("prefixes", [None, {"acme": ("secret/data/orders",)}])
@pytest.mark.parametrize("path", [KEPT, f"{KEPT}/callgate-ada", f"{KEPT}/{{person}}", f"{KEPT}/x/y"])
def test_no_import_names_a_token_that_is_kept(prefixes: dict[str, tuple[str, ...]] | None, path: str) -> None:
    with pytest.raises(SecretNotAllowed, match="where no tokens are kept") as refused:
        TenantRules(frozenset(), prefixes).require_secrets("acme", iter([NamedSecret("/x", path)]))
    assert refused.value.violations[0].pointer == "/x"


@pytest.mark.parametrize("path", ["secret/data/orders", "secret/data/orders/tokens", "secret/data/orders/tokens/github"])
def test_a_secret_may_be_called_as_an_operator_likes(path: str) -> None:
    for prefixes in (None, {"acme": ("secret/data/orders",)}):
        TenantRules(frozenset(), prefixes).require_secrets("acme", iter([NamedSecret("/x", path)]))
