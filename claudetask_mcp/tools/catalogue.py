"""Every tool, in the order in which clients are told of them."""

from claudetask_mcp.tool import Spec
from claudetask_mcp.tools.agents import AGENTS
from claudetask_mcp.tools.board import BOARD
from claudetask_mcp.tools.claude_md import CLAUDE_MD
from claudetask_mcp.tools.project import PROJECT
from claudetask_mcp.tools.search import SEARCH
from claudetask_mcp.tools.tasks import TASKS

CATALOGUE: tuple[Spec, ...] = (*BOARD, *TASKS, *SEARCH, *AGENTS, *CLAUDE_MD, *PROJECT)
CLASSES = {spec.name: spec.rate for spec in CATALOGUE}
SCOPES = {spec.name: spec.scope for spec in CATALOGUE}
