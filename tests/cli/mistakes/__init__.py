"""The likeliest mistakes of a new user, each with its documented exit code, its cure, and what works once that is followed.

`scripts/first_hour.py` makes all of them, `tests/cli/test_mistakes.py` those that need no stack. Data: a row that does not hold
is mended in the product, never here.
"""

from tests.cli.mistakes.calling import CALLING
from tests.cli.mistakes.documents import DOCUMENTS
from tests.cli.mistakes.reaching import REACHING
from tests.cli.mistakes.sdk import SDK
from tests.cli.mistakes.starting import STARTING
from tests.cli.mistakes.toolsets import TOOLSETS

MISTAKES = (*REACHING, *STARTING, *CALLING, *DOCUMENTS, *TOOLSETS, *SDK)
