"""Writes what clients are told first anew: `python -m tests.mcp.write_snapshot`.

The reviewed listing of the tools, and the answers that the program gives before it is loaded.
"""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from mcp import Client
from mcp.types import Tool
from mcp_types.version import LATEST_HANDSHAKE_VERSION, MODERN_PROTOCOL_VERSIONS
from pydantic import BaseModel

from claudetask_core.config import Settings
from claudetask_core.core import Core
from claudetask_core.services.access.rate_limit import RateLimiter
from claudetask_mcp.ahead import ANSWERS
from claudetask_mcp.rate_limit import RateLimit
from claudetask_mcp.server import build_server
from claudetask_mcp.tools.catalogue import CATALOGUE, CLASSES

SNAPSHOT = Path(__file__).with_name("tools_list.json")


@asynccontextmanager
async def _unopened() -> AsyncGenerator[Core]:
    raise AssertionError("the first answers open nothing")
    yield


def _plain(result: BaseModel) -> dict[str, Any]:
    return result.model_dump(mode="json", by_alias=True, exclude_none=True)


async def first_answers() -> dict[str, Any]:
    """The answers as the server gives them, by what they share between eras."""
    limit = RateLimit(RateLimiter(Settings()), CLASSES)
    server = build_server(_unopened, process=lambda: "nobody", limit=limit)
    async with Client(server, mode="legacy") as client:
        assert client.server_info is not None
        server_info = _plain(client.server_info.model_copy(update={"version": ""}))
        hello = {
            "capabilities": _plain(client.server_capabilities),
            "instructions": client.instructions,
        }
        lists = {
            "tools/list": {"tools": (await client.list_tools()).tools},
            "prompts/list": {"prompts": (await client.list_prompts()).prompts},
            "resources/list": {"resources": (await client.list_resources()).resources},
            "resources/templates/list": {
                "resourceTemplates": (await client.list_resource_templates()).resource_templates
            },
        }
    return {
        "versions": [LATEST_HANDSHAKE_VERSION],
        "server": server_info,
        "hello": hello,
        "discover": {"supportedVersions": list(MODERN_PROTOCOL_VERSIONS)},
        "modern": {"cacheScope": "private", "resultType": "complete", "ttlMs": 0},
        "lists": {
            method: {key: [_plain(one) for one in found] for key, found in result.items()}
            for method, result in lists.items()
        },
    }


def written(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    listing = [
        Tool(
            name=tool.name,
            title=tool.title,
            description=tool.description,
            input_schema=tool.parameters,
            annotations=tool.annotations,
            _meta=tool.meta,
        )
        for tool in (spec.build() for spec in CATALOGUE)
    ]
    SNAPSHOT.write_text(written([_plain(tool) for tool in listing]), "utf-8")
    Path(ANSWERS).write_text(written(asyncio.run(first_answers())), "utf-8")


if __name__ == "__main__":
    main()
