"""Claude Code's face: MCP tools, resources and prompts, and the command line."""
