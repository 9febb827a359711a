"""The data of a page + the built assets -> one file of HTML that needs nothing else.

Text of the corpus can end up in two places only: the title, escaped as HTML, and the two JSON blocks, in which
no `<` is left. The page makes text nodes of it, and its policy lets no script run but the one it was built with.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from functools import cache
from importlib import resources
from typing import Any

_UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_UNSAFE_PATTERN = re.compile("[<>&\u2028\u2029]")
_LONE = re.compile("[\ud800-\udfff]")


def render_page(title: str, data: dict[str, Any], contexts: dict[str, Any]) -> str:
    """The page, whole."""
    style, script = asset("report.css"), asset("report.js")
    policy = (
        f"default-src 'none'; script-src 'sha256-{digest(script)}'; style-src 'sha256-{digest(style)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    parts = {
        "policy": html.escape(policy),
        "title": html.escape(_LONE.sub("\ufffd", title)),
        "style": style,
        "script": script,
        "licences": html.escape(asset("LICENSES.txt")),
        "data": to_json(data),
        "contexts": to_json(contexts),
    }
    template = asset("page.html")
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], template)


def to_json(value: Any) -> str:
    """JSON that can stand inside a script element: no markup in it, no half characters."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    text = _UNSAFE_PATTERN.sub(lambda found: _UNSAFE[found[0]], text)
    return _LONE.sub("\ufffd", text)


@cache
def asset(name: str) -> str:
    """The text of a file of assets/."""
    # A line end as CR LF would change the digests that the policy names.
    folder = resources.files("nlptools.review") / "assets"
    return (folder / name).read_text(encoding="utf-8").replace("\r\n", "\n")


def digest(text: str) -> str:
    """The SHA-256 by which a policy names a style or a script."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
