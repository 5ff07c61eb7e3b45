"""The page at `/`: what this is, and where to look; it loads nothing from anywhere."""

import base64
import hashlib
from collections.abc import Mapping
from html import escape

from starlette.responses import HTMLResponse

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}"
    "table{border-collapse:collapse}td{padding:.2rem 1rem .2rem 0}"
    "@media(prefers-color-scheme:dark){body{background:#111;color:#ddd}a{color:#8bf}}"
)
STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


def page(project: str, counts: Mapping[str, int]) -> HTMLResponse:
    """The project's name and how many tasks stand in each status."""
    rows = "".join(
        f"<tr><td>{escape(status)}</td><td>{count}</td></tr>" for status, count in counts.items()
    )
    html = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>ClaudeTask</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style></head><body><h1>ClaudeTask</h1>"
        f"<p>The board of <strong>{escape(project)}</strong>.</p><table>{rows}</table>"
        '<p><a href="/docs">API reference</a> · <a href="/openapi.json">OpenAPI document</a> · '
        '<a href="/api/tasks">Tasks</a></p></body></html>'
    )
    return HTMLResponse(html, headers={"Content-Security-Policy": POLICY})
