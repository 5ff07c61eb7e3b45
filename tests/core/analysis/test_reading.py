"""What a model may read of the project."""

import random
import string
from pathlib import Path

from claudetask_core.services.analysis.reading import WITHHELD, ProjectReader

TOKEN = "ghp_" + "".join(random.Random(3).choices(string.ascii_letters, k=36))  # noqa: S311 — made up


async def test_a_line_with_a_credential_is_withheld_and_the_lines_around_it_are_shown(
    tmp_path: Path,
) -> None:
    lines = ["def push():", f"    key = '{TOKEN}'", "    return key"]
    (tmp_path / "push.py").write_text("\n".join(lines))
    reader = ProjectReader(tmp_path, exclude=(), max_bytes=10_000, search=None)
    said, failed = await reader.use("read_file", {"path": "push.py"})
    assert not failed
    assert said.splitlines() == ["1\tdef push():", f"2\t{WITHHELD}", "3\t    return key"]
    assert TOKEN not in said
