"""The services behind both faces: tasks, search, agents, CLAUDE.md and analysis."""

__version__ = "0.1.0"
