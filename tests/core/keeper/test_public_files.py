"""Other people's files: any of them is read, and what was not asked for stays to the byte.

Runs where KEEPER_AGENTS or KEEPER_DOCUMENTS name folders with checkouts of public repositories,
parted by colons; none of their files is part of this one.
"""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from claudetask_core.schemas.agent import Severity
from claudetask_core.services.agents.file import edited, parse
from claudetask_core.services.agents.rule import Subject
from claudetask_core.services.agents.rules import fixed, is_loaded, problems_of
from claudetask_core.services.claude_md.block import with_block, without_block
from claudetask_core.services.claude_md.hints import hints_of
from claudetask_core.services.claude_md.imports import mentions_of
from claudetask_core.services.claude_md.sections import (
    NotText,
    SectionWouldSpill,
    append_to_section,
    replace_section,
    sections_of,
)

NAMES = ("README", "CLAUDE", "AGENTS", "CONTRIBUTING")
MOST_SECTIONS = 60
STILL_LOADED = {"frontmatter_cut"}


def _folders(variable: str) -> list[Path]:
    return [Path(one) for one in os.environ.get(variable, "").split(":") if one]


def _agents() -> Iterator[Path]:
    for folder in _folders("KEEPER_AGENTS"):
        yield from sorted(folder.rglob("*.md"))


def _documents() -> Iterator[Path]:
    for folder in _folders("KEEPER_DOCUMENTS"):
        for path in sorted(folder.rglob("*.md")):
            if path.stem.upper() in NAMES and path.is_file() and not path.is_symlink():
                yield path


AGENTS = list(_agents())
DOCUMENTS = list(_documents())


def _errors(subject: Subject) -> list[str]:
    found = problems_of(subject)
    return [problem.rule for problem in found if problem.severity is Severity.ERROR]


@pytest.mark.skipif(not AGENTS, reason="KEEPER_AGENTS names no files")
def test_every_agent_file_is_read_mended_and_otherwise_left_alone() -> None:
    for path in AGENTS:
        data = path.read_bytes()
        one = Subject(path, parse(data))
        assert one.file.source.encode("utf-8", "surrogateescape") == data, path
        if not one.file.opened:
            continue
        serious = _errors(one)
        assert is_loaded(one) is (not set(serious) - STILL_LOADED), path
        if one.file.is_tidy and not one.file.keys.error:
            assert edited(one.file, {}, one.file.prompt) == data, path
            assert edited(one.file, {"model": "opus"}, None).endswith(one.file.body.encode()), path
        after = replace(one, file=parse(fixed(one)[0]))
        assert after.file.body == one.file.body or not one.file.is_tidy, path
        assert len(_errors(after)) <= len(serious), path
    assert len(AGENTS) >= 300


@pytest.mark.skipif(not DOCUMENTS, reason="KEEPER_DOCUMENTS names no files")
@pytest.mark.parametrize("path", DOCUMENTS, ids=str)
def test_an_edit_of_a_section_leaves_every_other_byte_of_a_document(path: Path) -> None:
    data = path.read_bytes()
    mentions_of(data.decode("utf-8", "replace"))
    hints_of(data, [], [])
    assert without_block(with_block(data)) == data
    try:
        sections = sections_of(data)
    except NotText:
        return
    for section in sections[:MOST_SECTIONS]:
        before, after = data[: section.start], data[section.end :]
        assert replace_section(data, section, data[section.start : section.end].decode()) == data
        for content in (f"{'#' * section.level} New\n\nText.", ""):
            try:
                result = replace_section(data, section, content)
            except SectionWouldSpill:
                continue
            assert result.startswith(before)
            assert result.endswith(after)
        try:
            grown = append_to_section(data, section, "Text.")
        except SectionWouldSpill:
            continue
        assert grown.startswith(before)
        assert grown.endswith(after)
        assert len(grown) <= len(data) + 12
