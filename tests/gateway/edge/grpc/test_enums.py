"""The API's enums have the gateway's words."""

from enum import StrEnum

import pytest
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper

from callgate.v1 import catalog_service_pb2, invocation_pb2, principal_service_pb2, tool_pb2
from gateway.edge.grpc.enums import member, word
from gateway.model.invocation import InvocationState
from gateway.model.principal import RIGHTS
from registry.catalog.acts import Deed
from registry.model.findings import Level, Severity
from registry.model.tool import Effect
from sandbox.box.reports import PHASES


def words(kind: EnumTypeWrapper) -> set[str]:
    return {word(kind, number) for number in kind.values() if number}


def test_every_right_is_a_member_and_every_member_a_right() -> None:
    assert words(principal_service_pb2.Right) == set(RIGHTS)


def test_every_phase_is_a_member() -> None:
    assert words(invocation_pb2.AttemptPhaseKind) == PHASES | {"lease", "credential"}


@pytest.mark.parametrize(
    ("kind", "of"),
    [
        (catalog_service_pb2.FindingSeverity, Severity),
        (catalog_service_pb2.VersionLevel, Level),
        (catalog_service_pb2.VersionDeed, Deed),
        (invocation_pb2.InvocationState, InvocationState),
        (tool_pb2.Effect, Effect),
    ],
)
def test_the_members_are_the_gateways_own(kind: EnumTypeWrapper, of: type[StrEnum]) -> None:
    assert words(kind) == {str(one).lower() for one in of}


def test_a_word_that_the_api_does_not_have_is_unspecified_and_so_is_a_number() -> None:
    assert member(principal_service_pb2.Right, "fly") == 0
    assert [word(principal_service_pb2.Right, number) for number in (0, 99)] == ["", ""]


def test_a_word_is_found_in_either_case() -> None:
    assert member(catalog_service_pb2.VersionLevel, "MAJOR") == member(catalog_service_pb2.VersionLevel, "major") == 1
