from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from claudetask_core.schemas.agent import AgentDescription
from claudetask_core.schemas.task import Comment, CriterionText, Evidence, NoteText, SimilarQuery

TEXTS: dict[str, Any] = {
    "note": NoteText,
    "comment": Comment,
    "criterion": CriterionText,
    "evidence": Evidence,
    "question": SimilarQuery,
    "description of an agent": AgentDescription,
}


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("text", ["", "  ", "\n\t", "a\0b"])
def test_a_text_of_blanks_or_with_nul_is_refused(name: str, text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(TEXTS[name]).validate_python(text)


def test_blanks_around_a_text_do_not_count() -> None:
    text = TypeAdapter(TEXTS["criterion"]).validate_python("  " + "x" * 1000 + "  ")
    assert text == "x" * 1000
