"""What registries say, as the engine passes it on, and which error that is."""

import pytest

from sandbox.engine.image_errors import ImageWorkFailed, NoSuchImageInRegistry, RegistryRefused, RegistryUnreachable
from sandbox.engine.registry_answers import registry_error

HUB = "https://registry-1.docker.io/v2/"

ANSWERS: list[tuple[type[ImageWorkFailed], str]] = [
    (
        NoSuchImageInRegistry,
        "pull access denied for tools/x, repository does not exist or may require 'docker login': denied: requested access",
    ),
    (NoSuchImageInRegistry, "manifest for 127.0.0.1:5000/tool:x not found: manifest unknown: manifest unknown"),
    (RegistryRefused, f'Get "{HUB}tools/x/manifests/1": unauthorized: authentication required'),
    (RegistryRefused, "denied: installation not allowed to Create organization package"),
    (RegistryUnreachable, f'Get "{HUB}": dial tcp: lookup registry-1.docker.io on 127.0.0.11:53: no such host'),
    (RegistryUnreachable, f'Get "{HUB}": dial tcp: lookup registry-1.docker.io: Temporary failure: server misbehaving'),
    (RegistryUnreachable, f'Get "{HUB}": dial tcp 44.208.254.194:443: connect: connection refused'),
    (RegistryUnreachable, f'Get "{HUB}": net/http: request canceled (Client.Timeout exceeded while awaiting headers)'),
    (RegistryUnreachable, f'Get "{HUB}": tls: failed to verify certificate: x509: certificate signed by unknown authority'),
    (RegistryUnreachable, f'Get "{HUB}": http: server gave HTTP response to HTTPS client'),
    (RegistryUnreachable, f'Get "{HUB}": proxyconnect tcp: dial tcp 10.0.0.1:3128: i/o timeout'),
]


@pytest.mark.parametrize(("error", "told"), ANSWERS)
def test_a_registrys_words_are_an_error_with_a_cure_of_its_own(error: type[ImageWorkFailed], told: str) -> None:
    found = registry_error("tools/x", told)
    assert type(found) is error
    assert found.cure != ImageWorkFailed.cure
    assert "tools/x" in str(found)


def test_what_no_registry_says_is_the_engines() -> None:
    assert registry_error("x", "write /var/lib/docker/tmp/GetImageBlob1: no space left on device") is None
