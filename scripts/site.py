"""`python -m scripts.site [BUILDER…]`: builds the site of the documentation; a link or an anchor that leads nowhere fails.

The pages are laid out below `build/pages` as the repository has them, with the files that they link to: so every relative link
is good on a forge and on the site. BUILDER: the words that start mkdocs, without its arguments.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

REPOSITORY = Path(__file__).parents[1]
CONFIGURATION = REPOSITORY / "mkdocs.yml"
BUILD = REPOSITORY / "build"
PAGES, SITE = BUILD / "pages", BUILD / "site"
MKDOCS = (sys.executable, "-m", "mkdocs")

#: Its text may go on over the end of a line.
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)[^)\s]*\)")
FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
#: What a browser fetches by itself.
FETCHED = re.compile(
    r"<(?:script|img|iframe|source)\b[^>]*\bsrc=\"?(?:https?:)?//|<link\b(?![^>]*\bcanonical\b)[^>]*\bhref=\"?https?://"
)
#: Words. A page with fewer says too little to be one.
WHOLE = 200
#: Lists of pages that are read from the folders: a new page is in the navigation without a word.
LISTED = {"!PACKAGES": "**/README.md", "!DECISIONS": "docs/decisions/*.md"}


def tracked(pattern: str) -> list[Path]:
    """What git tracks, or would, relative to the repository."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", pattern]
    names = subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True).stdout.splitlines()
    return sorted({Path(name) for name in names if (REPOSITORY / name).is_file()})


def linked(pages: Iterable[Path]) -> Iterator[Path]:
    """The files of the repository that these pages link to."""
    for page in pages:
        for target in LINK.findall(FENCED.sub("", (REPOSITORY / page).read_text())):
            found = (REPOSITORY / page.parent / target).resolve()
            if "://" not in target and found.is_file() and found.is_relative_to(REPOSITORY):
                yield found.relative_to(REPOSITORY)


def lay_out() -> list[Path]:
    """Copy the pages and what they link to. Returns the pages."""
    shutil.rmtree(PAGES, ignore_errors=True)
    pages = tracked("*.md")
    for path in {*pages, *linked(pages)}:
        target = PAGES / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / path, target)
    return pages


def configuration(pages: list[Path]) -> str:
    """mkdocs' configuration, with the lists of pages in the place of their names."""
    text = CONFIGURATION.read_text()
    said = set(re.findall(r"[\w./-]+\.md", text))
    for name, pattern in LISTED.items():
        found = [str(page) for page in pages if page.match(pattern) and str(page) not in said]
        said |= set(found)
        text = text.replace(name, "[" + ", ".join(found) + "]")
    return text.replace("build/", f"{BUILD}/")


def fetching(site: Path) -> list[str]:
    """The pages of the site that make a browser fetch something from elsewhere."""
    return [str(page.relative_to(site)) for page in sorted(site.rglob("*.html")) if FETCHED.search(page.read_text())]


def navigated() -> list[str]:
    """The pages in the navigation, the lists of it included."""
    text = configuration(tracked("*.md"))
    _, _, navigation = text.partition("\nnav:\n")
    return re.findall(r"[\w./-]+\.md", str(yaml.safe_load(f"nav:\n{navigation}")))


def whole_pages() -> list[str]:
    """The pages in the navigation that explain something at length: decisions and packages' READMEs are short on purpose."""
    listed = {str(page) for pattern in LISTED.values() for page in tracked("*.md") if page.match(pattern)} - {"docs/README.md"}
    return [page for page in navigated() if page not in listed and len((REPOSITORY / page).read_text().split()) >= WHOLE]


def main(builder: list[str]) -> int:
    pages = lay_out()
    written = BUILD / "mkdocs.yml"
    written.write_text(configuration(pages))
    command = [*(builder or MKDOCS), "build", "--strict", "--config-file", str(written)]
    done = subprocess.run(command, cwd=REPOSITORY, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, check=False)
    if done.returncode == 0 and (found := fetching(SITE)):
        sys.stderr.write(f"these pages fetch something from elsewhere: {', '.join(found)}\n")
        return 1
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
