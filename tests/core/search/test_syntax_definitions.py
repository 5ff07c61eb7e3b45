"""What is found in a small file of each language, as `definitions/NAME.EXTENSION.txt` says it.

Each of those files holds a source, a line of `=`, and what is defined there in the order of its
lines: the lines with leading comments and attributes, the kind (in parentheses where the
definition names no chunk unless it is alone: a field, a constant, a prototype), and the chain
of definitions around it.
"""

from pathlib import Path

import pytest

from claudetask_core.search.chunks.chunks import scopes_of
from claudetask_core.search.chunks.scopes import Scope, indentations
from claudetask_core.search.tree.languages import detect

SAMPLES = sorted((Path(__file__).parent / "definitions").iterdir())


def found(path: str, source: str) -> str:
    lines = source.split("\n")
    language, family = detect(path, source)
    return "\n".join(described(scopes_of(lines, indentations(lines), family, language)))


def described(scopes: list[Scope]) -> list[str]:
    rows: list[str] = []
    around: list[Scope] = []
    for scope in scopes:
        around = [one for one in around if one.end > scope.line]
        chain = [one for one in around if one.first <= scope.first and not one.minor]
        names = ".".join(
            f"{one.owner}.{one.name}" if one.owner else one.name for one in [*chain, scope]
        )
        kind = f"({scope.kind})" if scope.minor else scope.kind
        rows.append(f"{scope.first + 1}-{scope.end}  {kind}  {names}")
        around.append(scope)
    return rows


@pytest.mark.parametrize("sample", SAMPLES, ids=[sample.stem for sample in SAMPLES])
def test_a_file_defines_what_its_sample_says(sample: Path) -> None:
    source, _, expected = sample.read_text("utf-8").partition("\n=====\n")
    assert found(sample.stem, source) == expected.strip()
