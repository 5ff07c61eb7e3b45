"""`search QUERY`: what search_codebase answers, for people and for agents without MCP tools."""

import argparse
import sys

from claudetask_core.printable import printable_json
from claudetask_core.schemas.search import SearchQuery
from claudetask_mcp.arguments import worded_as_invalid
from claudetask_mcp.commands.progress import complete
from claudetask_mcp.entry import Entry
from claudetask_mcp.render.search import found

FILTERS = ("path", "language", "kind", "min_score")


async def run(entry: Entry, arguments: argparse.Namespace) -> int:
    given = {name: getattr(arguments, name) for name in FILTERS}
    with worded_as_invalid("search"):
        question = SearchQuery(query=arguments.query, top_k=arguments.top_k, **given)
    async with entry.open() as core:
        await complete(core.search, sys.stderr)
        answer = await core.search.search(question)
    if arguments.json:
        text = printable_json(answer.model_dump_json(indent=2))
    else:
        text = found(answer, arguments.detail)
    sys.stdout.write(text + "\n")
    return 0
