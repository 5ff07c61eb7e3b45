"""Writes the reviewed listing anew: `python -m tests.mcp.write_snapshot`."""

import json
from pathlib import Path

from mcp.types import Tool

from claudetask_mcp.tools.catalogue import CATALOGUE

SNAPSHOT = Path(__file__).with_name("tools_list.json")


def main() -> None:
    listing = [
        Tool(
            name=tool.name,
            title=tool.title,
            description=tool.description,
            input_schema=tool.parameters,
            annotations=tool.annotations,
            _meta=tool.meta,
        ).model_dump(mode="json", by_alias=True, exclude_none=True)
        for tool in (spec.build() for spec in CATALOGUE)
    ]
    SNAPSHOT.write_text(json.dumps(listing, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
