"""What of a role is checked before Vault is told of it."""

import pytest

from gateway.model.errors import RequestInvalid
from gateway.secrets.provision import checked
from gateway.secrets.roles import CredentialRole

NAME = "callgate-0123456789abcdef01234567"
KEPT = "secret/data/orders/tokens/0123456789abcdef01234567"


def test_no_role_reads_what_is_kept_for_a_person_that_it_names() -> None:
    for path in (f"{KEPT}/callgate-ada", f"{KEPT}/callgate-ada/x"):
        for role in (CredentialRole(NAME, path, 60.0), CredentialRole(NAME, "secret/data/a", 60.0, further_paths=(path,))):
            with pytest.raises(RequestInvalid, match="that person's alone"):
                checked(role)


def test_a_role_reads_what_is_kept_for_tools_or_for_whom_vault_puts_there() -> None:
    for path in (KEPT, f"{KEPT}/{{person}}"):
        assert checked(CredentialRole(NAME, path, 60.0)).paths == (path,)
