"""A briefing for one subagent never exceeds its budget, and says what it leaves out."""

from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from claudetask_core.core import Core
from claudetask_core.errors import DomainError
from claudetask_core.schemas.task import StatusChange, TaskCreate, TaskUpdate
from claudetask_core.services.pack_text import Section, packed, tokens
from claudetask_core.services.tasks.claims import Caller

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=3000)
sections = st.lists(
    st.builds(
        Section,
        name=st.sampled_from(["description", "criteria", "code", "similar tasks"]),
        heading=st.just("Heading:"),
        entries=st.lists(texts, max_size=6).map(tuple),
        share=st.floats(0.05, 0.3),
        whole=st.booleans(),
    ),
    max_size=9,
)


@settings(max_examples=150, deadline=None)
@given(head=texts, sections=sections, budget=st.integers(200, 8000))
def test_a_pack_is_never_over_its_budget_and_names_what_is_missing(
    head: str, sections: list[Section], budget: int
) -> None:
    text, left_out = packed(head, sections, budget)
    assert tokens(text) <= budget
    assert len(text.encode()) <= 3 * budget
    assert (text, left_out) == packed(head, sections, budget)
    assert bool(left_out) == text.endswith(f"Left out: {', '.join(left_out)}.")
    if not left_out:
        assert all(entry in text for s in sections if s.whole for entry in s.entries)


async def filled(core: Core, me: Caller) -> None:
    """Task 4 with everything there can be."""
    (core.places.root / "dates.py").write_text("def parse_dates(text):\n    return text\n", "utf-8")
    await core.tasks.create(TaskCreate(title="Parse dates of mails"), me)
    finished: dict[str, Any] = {"git_branch": "mail-dates", "analysis": "Kept the offset."}
    await core.tasks.update(1, TaskUpdate.model_validate(finished), me)
    await core.tasks.move(
        1, StatusChange.model_validate({"status": "Done", "force_reason": "x"}), me
    )
    await core.tasks.create(TaskCreate(title="The calendar"), me)
    await core.tasks.create(TaskCreate(title="A clock", analysis="It is UTC."), me)
    data = {
        "title": "Parse dates with zones",
        "description": "Dates lose their zone. " + "d" * 4000,
        "acceptance_criteria": [f"criterion {n} " + "c" * 300 for n in range(20)],
        "depends_on": [3],
        "parent_id": 2,
        "related_files": ["dates.py"],
        "analysis": "See dates.py. " + "a" * 9000,
    }
    await core.tasks.create(TaskCreate.model_validate(data), me)
    await core.notes.create(4, "first", me)
    await core.notes.create(4, "then", me)
    await core.search.wait()


async def test_a_pack_holds_the_task_and_all_around_it(core: Core, alice: Caller) -> None:
    await filled(core, alice)
    pack = await core.pack.pack(4, 8000)
    assert pack.left_out == []
    for part in (
        "#4 Parse dates with zones\nFeature, Medium priority, Backlog",
        "[ ] 20: criterion 19",
        "Notes, newest first:\n- alice: then\n- alice: first",
        "Depends on:\n#3 A clock (Backlog)\n  found: It is UTC.",
        "Part of:\n#2 The calendar (Backlog)",
        "Related files:\n- dates.py",
        "dates.py:1-2 parse_dates\n```\ndef parse_dates",
        "Similar finished tasks:\n#1 Parse dates of mails: Done 2026-01-05; branch mail-dates",
    ):
        assert part in pack.text


@pytest.mark.parametrize("budget", [200, 500, 2000, 8000])
async def test_a_small_pack_keeps_a_part_of_each_and_says_what_is_cut(
    core: Core, alice: Caller, budget: int
) -> None:
    await filled(core, alice)
    pack = await core.pack.pack(4, budget)
    assert pack.tokens <= budget
    assert "Dates lose their zone." in pack.text
    assert ("analysis (cut)" in pack.left_out) == (budget < 8000)
    assert pack == await core.pack.pack(4, budget)


async def test_a_pack_of_a_task_that_is_not_there_is_refused(core: Core) -> None:
    with pytest.raises(DomainError) as refusal:
        await core.pack.pack(9, 1000)
    assert refusal.value.code == "task_not_found"
