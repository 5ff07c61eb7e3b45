"""Swagger UI over our own OpenAPI, from files that an installed package brings.

The page loads nothing from another host: `fastapi-offline` ships the files of Swagger UI, which
are served as they are, beside a start script of ours. No code of that package is imported.
"""

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from claudetask_api.dashboard.shell import KINDS, File
from claudetask_api.preconditions import etag

OWN = Path(__file__).parent
INDEX = "index.html"
SWAGGER = ("swagger-ui-bundle.js", "swagger-ui.css")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""Swagger UI draws its icons from `data:`, and makes HTML, so trusted types cannot be asked for."""


@cache
def files() -> Mapping[str, File]:
    """Every file by its name."""
    own = [path for path in sorted(OWN.iterdir()) if path.suffix in KINDS]
    return {path.name: _read(path) for path in [*own, *(_shipped() / name for name in SWAGGER)]}


def _shipped() -> Path:
    found = find_spec("fastapi_offline")
    folders = found.submodule_search_locations if found else None
    if not folders:
        raise RuntimeError("the package fastapi-offline is not installed")
    return Path(folders[0]) / "static"


def _read(path: Path) -> File:
    content = path.read_bytes()
    return File(content, KINDS[path.suffix], etag(hashlib.sha256(content).hexdigest()[:32]))
