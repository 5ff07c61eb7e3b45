"""A Jupyter notebook as its cells: the JSON is parsed for where each line of source stands.

A line of source keeps its line number in the file, so that a hit is a place that can be opened.
All other lines (outputs, pictures, metadata) are in chunks too, but give no words.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Final, cast

from tree_sitter import Node, Parser
from tree_sitter_language_pack import get_language

from claudetask_core.search.chunks.chunks import Chunk, cut
from claudetask_core.search.tree.families import Family
from claudetask_core.search.tree.languages import detect

_EXTENSIONS: Final = {
    "python": "py", "r": "r", "julia": "jl", "javascript": "js", "typescript": "ts",
    "scala": "scala", "c++": "cpp", "rust": "rs", "ruby": "rb", "go": "go", "c#": "cs",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Cell:
    """Its source stands on the lines `start` to before `end`, from 0."""

    start: int
    end: int
    is_code: bool


def cut_notebook(lines: list[str]) -> tuple[list[str], list[Chunk]] | None:
    """What is to be read of each line, and the chunks; None for what is no notebook.

    Args:
        lines: The file's lines without their line ends.
    """
    top = _object(_root("\n".join(lines)))
    sources = [""] * len(lines)
    chunks: list[Chunk] = []
    done = 0
    for number, cell in enumerate(_cells(top, sources), 1):
        if cell.start < done:
            continue  # on one line with another
        chunks.extend(_rest(done, cell.start))
        chunks.extend(_of_cell(cell, number, sources, _extension(top)))
        done = cell.end
    if not chunks:
        return None
    chunks.extend(_rest(done, len(lines)))
    return sources, chunks


@cache
def _parser() -> Parser:
    return Parser(get_language("json"))


def _root(text: str) -> Node | None:
    tree = _parser().parse(text.encode("utf-8", "replace"))
    return next((node for node in tree.root_node.named_children if node.type == "object"), None)


def _object(node: Node | None) -> dict[str, Node]:
    """The values of a JSON object by their keys."""
    found: dict[str, Node] = {}
    for pair in node.named_children if node is not None and node.type == "object" else ():
        key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
        if key is not None and value is not None:
            found[_string(key)] = value
    return found


def _string(node: Node | None) -> str:
    text = node.text if node is not None and node.type == "string" else None
    try:
        return cast("str", json.loads(text, strict=False)) if text is not None else ""
    except ValueError:
        return ""


def _cells(top: dict[str, Node], sources: list[str]) -> Iterator[_Cell]:
    """The cells that have a source; fills in `sources` what each line holds of one."""
    listed = top.get("cells")
    for node in listed.named_children if listed is not None else ():
        cell = _object(node)
        source = cell.get("source")
        if source is None:
            continue
        rows: list[int] = []
        for string in (source,) if source.type == "string" else source.named_children:
            row = string.start_point.row
            text = " ".join(_string(string).splitlines())
            sources[row] = f"{sources[row]} {text}" if sources[row] else text
            rows.append(row)
        if rows:
            yield _Cell(min(rows), max(rows) + 1, _string(cell.get("cell_type")) == "code")


def _extension(top: dict[str, Node]) -> str:
    """That of files in the language of the code cells."""
    metadata = _object(top.get("metadata"))
    named = _string(_object(metadata.get("language_info")).get("name"))
    named = named or _string(_object(metadata.get("kernelspec")).get("language"))
    return _EXTENSIONS.get(named.lower(), "py")


def _of_cell(cell: _Cell, number: int, sources: list[str], extension: str) -> Iterator[Chunk]:
    name = f"cell.{extension if cell.is_code else 'md'}"
    language, family = detect(name, "")
    for chunk in cut(sources[cell.start : cell.end], family, language=language):
        symbol = f"cell {number}" + (f".{chunk.symbol}" if chunk.symbol else "")
        yield replace(
            chunk, start=chunk.start + cell.start, end=chunk.end + cell.start, symbol=symbol
        )


def _rest(start: int, end: int) -> Iterator[Chunk]:
    """What stands between the sources of cells."""
    if start < end:
        yield Chunk(start + 1, end, None, Family.CONFIG, ())
