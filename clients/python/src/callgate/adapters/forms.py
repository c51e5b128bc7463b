"""In which forms a provider takes a tool's schema. The gateway writes them, and takes arguments that were made by them."""

from collections.abc import Sequence

from callgate.types import SchemaForm

#: The forms in which a schema may be shown, the preferred one first. A schema that has none of them is shown as it is.
Forms = Sequence[SchemaForm]

#: For models that take JSON Schema, but no `$ref` in it.
PLAIN: Forms = (SchemaForm.INLINED, SchemaForm.SHALLOW)
#: For OpenAI's models: strict mode, in which a model cannot write other arguments, where the schema has that form.
OPENAI: Forms = (SchemaForm.STRICT, *PLAIN)
#: By which arguments are no other than by the tool's own schema: in strict mode a null may stand for what is left out.
OPEN: Forms = (*PLAIN, SchemaForm.REDUCED)
