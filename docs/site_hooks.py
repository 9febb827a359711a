"""docs/index.md -> the navigation of the site; links of a checkout -> links of the site.

A page that docs/index.md does not link to is an error: nobody would find it. Links to files outside docs/ lead to
their copies on the site (INCLUDED) or are plain text there. MkDocs calls the functions (mkdocs.yml names this file).
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
# Pages from outside docs/: where they lie in the checkout -> on the site.
INCLUDED = {
    "README.md": "readme.md",
    "README.zh-CN.md": "readme.zh-CN.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^()\s]+)\)")
_BLOCK = re.compile(r"(^```.*?^```[^\n]*$|`[^`\n]+`)", re.MULTILINE | re.DOTALL)

_FENCE = re.compile(r"\A(```\w+).*")  # "console stderr": what follows the language is for the tests


def on_config(config: Any) -> Any:
    """The navigation: guides and pages of reference in the order in which docs/index.md names them."""
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    named = (target.partition("#")[0] for _, _, target in _LINK.findall(index))
    places = (posixpath.normpath(posixpath.join("docs", name)) for name in named)
    pages = list(dict.fromkeys(page for place in places if (page := page_of(place)) is not None))
    missing = {
        path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")
    } - {*pages, "index.md"}
    if missing:
        raise PluginError(f"docs/index.md does not link to {', '.join(sorted(missing))}")
    guides = [page for page in pages if page.startswith("guides/")]
    config.nav = [
        {"Start": ["index.md", {"README": "readme.md"}]},
        {"Guides": [page for page in guides if ".zh-CN" not in page]},
        {"中文": [{"README": "readme.zh-CN.md"}, *(page for page in guides if ".zh-CN" in page)]},
        {"Reference": [p for p in pages if p not in guides and not p.startswith("readme")]},
    ]
    return config


def on_files(files: Files, config: Any) -> Files:
    """The pages from outside docs/ too."""
    for source, page in INCLUDED.items():
        content = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=content))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Every link of a page, as it is on the site."""
    own = page.file.src_uri
    source = {page: source for source, page in INCLUDED.items()}.get(own, f"docs/{own}")
    parts = _BLOCK.split(markdown)
    parts[0::2] = [
        _LINK.sub(lambda link: site_link(link, source, own), part) for part in parts[0::2]
    ]
    parts[1::2] = [_FENCE.sub(r"\1", part) for part in parts[1::2]]
    return "".join(parts)


def page_of(place: str) -> str | None:
    """Where a file of the checkout lies on the site; None: nowhere."""
    if place in INCLUDED:
        return INCLUDED[place]
    return place.removeprefix("docs/") if place.startswith("docs/") else None


def site_link(link: re.Match[str], source: str, own: str) -> str:
    """A link in `source`, a file of the checkout, as it is in `own`, a page of the site."""
    mark, text, target = link.groups()
    path, hash_, anchor = target.partition("#")
    if not path or ":" in path:
        return link[0]
    page = page_of(posixpath.normpath(posixpath.join(posixpath.dirname(source), path)))
    if page is None:
        return f"{text} (`{path.removeprefix('../').removeprefix('../')}`)"
    return (
        f"{mark}[{text}]({posixpath.relpath(page, posixpath.dirname(own) or '.')}{hash_}{anchor})"
    )
