"""Where the servers' programs are: in a Python package that carries them, or on the PATH."""

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

from gateway.embedded.errors import PartMissing


def find_program(*names: str, package: str, inside: str) -> Path:
    """The file `inside` the package, else the first of `names` on the PATH. Raises PartMissing.

    The package is located, not imported: its own client libraries are none of our business.
    """
    spec = find_spec(package)
    carried = [Path(root, inside) for root in (spec.submodule_search_locations or ())] if spec else []
    installed = [Path(found) for name in names if (found := shutil.which(name))]
    for path in (*carried, *installed):
        if os.access(path, os.X_OK):
            return path.absolute()
    raise PartMissing(
        f"there is no {' or '.join(names)}, neither in the Python package {package} nor on the PATH",
        cure="Install the embedded servers: `pip install 'callgate-server[embedded]'`.",
    )
