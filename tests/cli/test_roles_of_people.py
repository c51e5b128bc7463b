"""Which roles an import makes for what people connect: below the secrets that the operator named, and nowhere else."""

from dataclasses import replace

import pytest
import typer

from callgate import CredentialRole
from gateway.cli.toolset.import_request import SecretField
from gateway.cli.toolset.provision import require_named

PLACE = f"secret/data/orders/tokens/{'a' * 24}" + "/{person}"
CALL = CredentialRole(name="callgate-1", secret_path=PLACE, max_ttl=60.0)
BOX = CredentialRole(name="callgate-2", secret_path="secret/data/orders", max_ttl=60.0, keeps_at=PLACE)


@pytest.mark.parametrize("field", ["client_secret", ""], ids=["a client with a secret", "a client that has none"])
def test_roles_below_a_secret_that_was_named_are_made(field: str) -> None:
    require_named([CALL, BOX], [SecretField("secret/data/orders", field)])


ELSEWHERE = {
    "another client's tokens": replace(CALL, secret_path=PLACE.replace("orders", "payments")),
    "tokens of another client": replace(BOX, keeps_at=PLACE.replace("orders", "payments")),
    "all people at once": replace(BOX, keeps_at=PLACE.replace("{person}", "*")),
    "a certificate in the place of a secret": replace(BOX, issues=True),
}


@pytest.mark.parametrize("named", ELSEWHERE)
def test_no_role_is_made_that_reaches_elsewhere(named: str) -> None:
    with pytest.raises(typer.Exit):
        require_named([ELSEWHERE[named]], [SecretField("secret/data/orders", "")])
