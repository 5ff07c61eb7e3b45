"""What a text must be like is said in words, wherever a schema has a pattern for it."""

from collections.abc import Iterator
from typing import Any, cast

import pytest
from pydantic import TypeAdapter, ValidationError

from claudetask_api.app import create_app
from claudetask_api.schemas import CRITERION_NUMBER
from claudetask_core.core import Core
from claudetask_core.schemas.agent import AgentName
from claudetask_core.schemas.base import WITHOUT_NUL, WriteModel
from claudetask_core.schemas.forms import FORMS, said
from claudetask_core.schemas.project import GithubRepo, PathText
from claudetask_core.schemas.task import BranchName, Title
from claudetask_core.services.access.rate_limit import RateLimiter

SAID_OTHERWISE = {WITHOUT_NUL, CRITERION_NUMBER}
"""Patterns that the document has and no schema checks: others do."""


def patterns(document: Any) -> Iterator[str]:
    if isinstance(document, dict):
        for key, value in cast("dict[str, Any]", document).items():
            if key == "pattern" and isinstance(value, str):
                yield value
            yield from patterns(value)
    elif isinstance(document, list):
        for item in cast("list[Any]", document):
            yield from patterns(item)


async def test_every_pattern_of_the_api_is_said_in_words(core: Core) -> None:
    document = create_app(core, limiter=RateLimiter(core.settings)).openapi()
    assert set(patterns(document)) - SAID_OTHERWISE <= set(FORMS)


class Empty(WriteModel): ...


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        (Title, "two\nlines", "must be one line without control characters"),
        (BranchName, "a b", "must hold no blanks and no control characters"),
        (AgentName, "../x", "must be letters, digits, - and _, with a letter or digit first"),
        (GithubRepo, "nobody", "must be owner/name, or the address that GitHub gives for it"),
        (PathText, "", "must have at least 1 character"),
        (PathText, "x" * 5000, "must have at most 4096 characters"),
        (Empty, {"colour": 1}, "nothing of this name is known here"),
        (tuple[str, ...], "x", "must be a list"),
        (Title, 5, "Input should be a valid string"),
    ],
)
def test_what_is_wrong_with_a_value_is_said_in_words(kind: Any, value: object, words: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        TypeAdapter[object](kind).validate_python(value)
    assert said(dict(refusal.value.errors()[0])).startswith(words)
