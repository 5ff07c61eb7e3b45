"""The page's files, as they are served.

They hold no data, are the same for everybody, and are read once: what is asked for is looked up
among them, so no path can lead elsewhere. The policy lets the page load and call its own server
alone, forbids text to become HTML or script (trusted types), and forbids others to frame it.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from starlette.responses import Response

from claudetask_api.preconditions import etag, is_known

FOLDER = Path(__file__).parent / "static"
INDEX = "index.html"
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)


@dataclass(frozen=True)
class File:
    content: bytes
    kind: str
    tag: str


@cache
def files() -> Mapping[str, File]:
    """Every file by its path below the folder."""
    return {
        path.relative_to(FOLDER).as_posix(): _read(path)
        for path in sorted(FOLDER.rglob("*"))
        if path.suffix in KINDS
    }


def _read(path: Path) -> File:
    content = path.read_bytes()
    return File(content, KINDS[path.suffix], etag(hashlib.sha256(content).hexdigest()[:32]))


def answer(file: File, known: str, policy: str = POLICY) -> Response:
    """The file, or 304 where the browser has it; it asks each time, so an update is seen."""
    headers = {
        "ETag": file.tag,
        "Cache-Control": "no-cache",
        "Content-Security-Policy": policy,
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    if is_known(known, file.tag):
        return Response(status_code=304, headers=headers)
    return Response(file.content, media_type=file.kind, headers=headers)
