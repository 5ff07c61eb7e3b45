"""docs/tools.md names everything that clients are offered, and nothing else."""

import re
from pathlib import Path

import pytest
from mcp import Client

from claudetask_mcp.server import Server
from claudetask_mcp.tools.catalogue import CATALOGUE

pytestmark = pytest.mark.boardless

TEXT = (Path(__file__).parents[2] / "docs" / "tools.md").read_text("utf-8")
SECTION = re.compile(r"^### `(\w+)`\n\n(.*?)(?=^##)", re.MULTILINE | re.DOTALL)


def test_every_tool_has_a_section_with_its_parameters() -> None:
    sections = dict(SECTION.findall(TEXT))
    assert set(sections) == {spec.name for spec in CATALOGUE}
    missing = [
        f"{spec.name}: {name}"
        for spec in CATALOGUE
        for name in spec.build().parameters["properties"]
        if f"`{name}`" not in sections[spec.name] and f"`{name}=" not in sections[spec.name]
    ]
    assert missing == []


async def test_every_resource_and_prompt_is_named(server: Server) -> None:
    async with Client(server) as client:
        uris = [resource.uri for resource in (await client.list_resources()).resources]
        templates = (await client.list_resource_templates()).resource_templates
        prompts = (await client.list_prompts()).prompts
    for uri in [*uris, *(template.uri_template for template in templates)]:
        assert f"| `{uri}` |" in TEXT
    for prompt in prompts:
        assert f"| `{prompt.name}` (`/mcp__claudetask__{prompt.name}" in TEXT
