"""`python -m scripts.reference [--check]`: writes the reference pages and the pictures, or says which are not current."""

import sys
from collections.abc import Callable

from scripts.reference import api, commands, errors, log_events, manifest, pictures, sdk, settings, vault_policy
from scripts.reference.markdown import REPOSITORY

FOLDER = REPOSITORY / "docs"
PAGES: dict[str, Callable[[], str]] = {
    "reference/settings.md": settings.page,
    "reference/manifest.md": manifest.page,
    "reference/commands.md": commands.page,
    "reference/errors.md": errors.page,
    "reference/log-events.md": log_events.page,
    "reference/api.md": api.page,
    "reference/sdk.md": sdk.page,
    "reference/vault-policy.md": vault_policy.page,
    **{f"pictures/{name}": picture.svg for name, picture in pictures.PICTURES.items()},
}


def write() -> None:
    for name, page in PAGES.items():
        (FOLDER / name).parent.mkdir(exist_ok=True)
        (FOLDER / name).write_text(page())


def stale() -> list[str]:
    """The names of those that say something else than their sources say now."""
    return [name for name, page in PAGES.items() if not (FOLDER / name).exists() or (FOLDER / name).read_text() != page()]


def main() -> int:
    if sys.argv[1:] != ["--check"]:
        write()
        return 0
    found = stale()
    if found:
        sys.stderr.write(f"generated pages are not current: {', '.join(found)}; run `make reference`\n")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
