"""Agents of our own, to be installed by name; each is a file beside this module."""

from functools import cache
from pathlib import Path

from claudetask_core.errors import NotFound
from claudetask_core.schemas.agent import AgentTemplate
from claudetask_core.services.agents.file import parse

TEMPLATES = ("planner", "builder", "reviewer", "tester", "documenter")
_FOLDER = Path(__file__).parent / "templates"


class TemplateNotFound(NotFound):
    code = "template_not_found"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is no template {name[:100]!r}.",
            next_step=f"Install one of: {', '.join(TEMPLATES)}.",
            templates=list(TEMPLATES),
        )


@cache
def template(name: str) -> bytes:
    """The file of a template.

    Raises:
        TemplateNotFound: None has that name.
    """
    if name not in TEMPLATES:
        raise TemplateNotFound(name)
    return (_FOLDER / f"{name}.md").read_bytes()


def templates() -> list[AgentTemplate]:
    """All of them, in the order of the work they do."""
    files = ((name, parse(template(name))) for name in TEMPLATES)
    return [
        AgentTemplate(
            name=name,
            description=file.text("description") or "",
            tools=file.words("tools") or [],
        )
        for name, file in files
    ]
