"""`search QUERY`: what search_codebase answers, for people and for agents without MCP tools."""

import argparse
import sys

from claudetask_core.schemas.search import SearchQuery
from claudetask_mcp import errors
from claudetask_mcp.entry import Entry
from claudetask_mcp.render.search import found


async def run(entry: Entry, arguments: argparse.Namespace) -> int:
    with errors.worded_as_invalid("search"):
        question = SearchQuery(query=arguments.query, top_k=arguments.top_k)
    async with entry.open() as core:
        await core.search.wait()
        answer = await core.search.search(question)
    text = answer.model_dump_json(indent=2) if arguments.json else found(answer)
    sys.stdout.write(text + "\n")
    return 0
