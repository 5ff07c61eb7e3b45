"""Paths as people and models write them, beside what .gitignore has forms for."""

import pytest

from claudetask_core.schemas.search import SearchQuery
from claudetask_core.search.tree.listing import glob
from claudetask_core.search.tree.path_forms import MOST, forms, within
from tests.core.search.projects import Project


@pytest.mark.parametrize(
    ("pattern", "found", "missed"),
    [
        ("*.{ts,tsx}", "a/b.tsx", "a/b.js"),
        ("src/{a,b}/*.{py,go}", "src/b/x.go", "src/c/x.go"),
        ("{src,lib/{one,two}}/**", "lib/two/x", "lib/three/x"),
        ("*.{py}", "a.py", "a.pyc"),
        ("{{cookiecutter.name}}/**", "{{cookiecutter.name}}/x.py", "other/x.py"),
        ("app/[id]/page.tsx", "app/[id]/page.tsx", "app/x/page.tsx"),
        ("app/[id]/page.tsx", "app/i/page.tsx", "app/id/page.tsx"),
        (r"app/\[id\]/*", "app/[id]/page.tsx", "app/i/page.tsx"),
        ("src//pkg", "src/pkg/x.py", "src/x.py"),
        ("{", "{", "x"),
        ("x{}", "x", "y"),
    ],
)
def test_braces_brackets_and_slashes_are_read_as_they_are_meant(
    pattern: str, found: str, missed: str
) -> None:
    read = glob(forms(pattern))
    assert read.match_file(found)
    assert not read.match_file(missed)


def test_braces_that_say_too_much_stand_for_themselves() -> None:
    assert len(forms("{1,2}{1,2}{1,2}{1,2}")) == MOST + 1
    assert forms("{1,2}{1,2}{1,2}{1,2}{1,2}") == ["{1,2}{1,2}{1,2}{1,2}{1,2}"]
    assert len(forms("{,}" * 80)) == 1


@pytest.mark.parametrize(
    ("pattern", "relative"),
    [
        ("/p/my project/src", "/src"),
        ("/p/my project/src/**/*.py", "/src/**/*.py"),
        ("!/p/my project/src", "!/src"),
        ("/p/my project", "/**"),
        ("/p/my project/", "/**"),
        ("/p/my project 2/src", "/p/my project 2/src"),
        ("src", "src"),
        ("/src", "/src"),
    ],
)
def test_an_absolute_path_is_read_from_the_projects_folder_on(pattern: str, relative: str) -> None:
    assert within(pattern, "/p/my project") == relative


async def test_a_question_takes_an_absolute_path(project: Project) -> None:
    folder = project.root / "lib"
    folder.mkdir()
    (folder / "other.py").write_text("class RateLimiter:\n    pass\n", encoding="utf-8")
    link = project.folder / "link"
    link.symlink_to(project.root)

    async def paths(path: str) -> list[str]:
        asked = SearchQuery(query="RateLimiter", path=path)
        return sorted(hit.path for hit in (await project.service.search(asked)).results)

    assert await paths(str(folder)) == ["lib/other.py"]
    assert await paths(f"!{folder}") == ["limiter.py"]
    assert await paths(str(project.root)) == ["lib/other.py", "limiter.py"]
    project.root = link
    assert await paths(f"{link}/lib/*.py") == ["lib/other.py"]
