"""The project as a model may look at it by tools: what the index takes in, and nothing else.

Secrets, ignored files and what people excluded are not listed, so they cannot be named; a link
that leads to one of them is followed to where it leads and refused there.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from claudetask_core.errors import DomainError, Invalid
from claudetask_core.schemas.search import SearchQuery, SearchResults
from claudetask_core.search.text.credentials import secret_lines
from claudetask_core.search.tree.exclusions import unreadable
from claudetask_core.search.tree.listing import glob, list_files
from claudetask_core.services.disk.files import look

LINES: Final = 400
CHARACTERS: Final = 16_000
LISTED: Final = 300
HITS: Final = 8
WITHHELD: Final = "(withheld: it looks like a credential)"
CUT: Final = "… (cut; ask for fewer lines)"


class FileHidden(Invalid):
    code = "file_hidden"

    def __init__(self, path: str) -> None:
        super().__init__(
            f"There is no file {path[:200]!r} that may be read.",
            next_step="list_files shows what there is.",
        )


class Search(Protocol):
    async def search(self, query: SearchQuery) -> SearchResults: ...


class _Given(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ReadFile(_Given):
    """Read a file of the project, with line numbers."""

    path: Annotated[str, Field(description="relative to the project")]
    start_line: Annotated[int, Field(ge=1, description="the first line")] = 1
    lines: Annotated[int, Field(ge=1, le=LINES, description="how many")] = LINES


class SearchCode(_Given):
    """Search the project's code by words or by an identifier."""

    query: Annotated[str, Field(min_length=1, max_length=2000, description="words or a name")]
    path: Annotated[str | None, Field(description="a glob such as src/**/*.py")] = None


class ListFiles(_Given):
    """List the files of the project."""

    pattern: Annotated[str, Field(description="a glob such as src/**/*.py")] = "*"


TOOLS: Final[dict[str, type[BaseModel]]] = {
    "read_file": ReadFile,
    "search_code": SearchCode,
    "list_files": ListFiles,
}


def described() -> list[dict[str, Any]]:
    """The tools as the Messages API takes them."""
    return [
        {"name": name, "description": kind.__doc__, "input_schema": kind.model_json_schema()}
        for name, kind in TOOLS.items()
    ]


class ProjectReader:
    """Carries out the tools.

    Args:
        root: The project.
        exclude: Patterns of what people left out of the index.
        max_bytes: Larger files are not read.
        search: Asks the index; None where there is none.
    """

    def __init__(
        self, root: Path, *, exclude: Sequence[str], max_bytes: int, search: Search | None
    ) -> None:
        self._root = root.resolve()
        self._exclude = glob(exclude)
        self._max_bytes = max_bytes
        self._search = search
        self._listed: list[str] | None = None

    async def use(self, name: str, given: Any) -> tuple[str, bool]:
        """What a tool answers, and whether that is an error."""
        kind = TOOLS.get(name)
        if kind is None:
            return f"There is no tool {name[:80]!r}. There are: {', '.join(TOOLS)}.", True
        try:
            return await self._answer(kind.model_validate(given)), False
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            where = ".".join(map(str, first["loc"])) or "the input"
            return f"{name}: {where}: {first['msg']}.", True
        except DomainError as refusal:
            return str(refusal), True

    async def _answer(self, asked: BaseModel) -> str:
        match asked:
            case ReadFile():
                return await self._read(asked)
            case SearchCode():
                return await self._find(asked)
            case ListFiles():
                return await self._list(asked)
            case _:
                return ""

    async def _read(self, asked: ReadFile) -> str:
        path = asked.path.strip().removeprefix("./")
        files = await self._files()
        if path not in files:
            raise FileHidden(path)
        data = await asyncio.to_thread(self._bytes, path, files)
        lines = _without_secrets(data.decode("utf-8", "replace").splitlines())
        first = asked.start_line
        shown = [
            f"{number}\t{line}"
            for number, line in enumerate(lines[first - 1 : first - 1 + asked.lines], first)
        ]
        text = "\n".join(shown) or "(no such lines)"
        last = min(first - 1 + asked.lines, len(lines))
        more = f"\n… {len(lines) - last} more lines" if last < len(lines) else ""
        return text + more if len(text) <= CHARACTERS else text[:CHARACTERS] + CUT

    def _bytes(self, path: str, files: list[str]) -> bytes:
        """What a listed file holds; where it is a link, what it leads to must be listed too."""
        found = look(self._root, self._root / path, limit=self._max_bytes)
        target = found.target.relative_to(self._root).as_posix()
        if found.data is None or target not in files or unreadable(found.data):
            raise FileHidden(path)
        return found.data

    async def _find(self, asked: SearchCode) -> str:
        if self._search is None:
            return "The index cannot be asked. Use list_files and read_file."
        query = SearchQuery(query=asked.query, path=asked.path, top_k=HITS)
        found = await self._search.search(query)
        parts = [
            f"{hit.path}:{hit.start_line}-{hit.end_line} {hit.symbol or ''}\n{hit.text}"
            for hit in found.results
        ]
        return "\n\n".join(parts)[:CHARACTERS] or "Nothing was found."

    async def _list(self, asked: ListFiles) -> str:
        wanted = glob([asked.pattern])
        found = [path for path in await self._files() if wanted.match_file(path)]
        more = f"\n… and {len(found) - LISTED} more" if len(found) > LISTED else ""
        return "\n".join(found[:LISTED]) + more or "No file is called like that."

    async def _files(self) -> list[str]:
        if self._listed is None:
            self._listed = await asyncio.to_thread(
                list_files, self._root, self._exclude, lambda: False
            )
        return self._listed


def _without_secrets(lines: list[str]) -> list[str]:
    """The lines, but for those that hold a credential of a known form."""
    for first, last in secret_lines(lines):
        lines[first - 1 : last] = [WITHHELD] * (last - first + 1)
    return lines
