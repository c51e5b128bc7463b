"""Arguments held against a version's schema in this process, where the test brings neither to its bounds."""

from registry.calling.examples import with_examples
from registry.checking.check import Check
from registry.model.errors import ArgumentsInvalid
from registry.model.tool import JsonObject, ToolVersion
from registry.schema.work import measured


def check(version: ToolVersion, arguments: JsonObject) -> None:
    """Raises ArgumentsInvalid."""
    schema, size = version.draft.input_schema, measured(arguments)
    held = Check(schema)
    if not held.is_valid(arguments, size):
        raise ArgumentsInvalid(with_examples(held.violations(arguments, size), schema))
