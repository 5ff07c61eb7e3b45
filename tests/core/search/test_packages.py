"""Which package a file belongs to, and how far that is behind the largest."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claudetask_core.search.tree.packages import Packages

FOLDERS = ("", "a", "a/src", "b", "b/src/deep", "b/c")
NAMES = ("package.json", "Cargo.toml", "one.py", "two.py")


def behind(packages: Packages, *numbers: int) -> list[float]:
    return packages.behind(np.array(numbers, np.int32)).tolist()


def test_the_largest_package_is_behind_nothing() -> None:
    packages = Packages()
    packages.add("core/pyproject.toml", 0)
    large = packages.add("core/src/engine.py", 900)
    packages.add("plugin/pyproject.toml", 0)
    small = packages.add("plugin/src/engine.py", 100)
    assert behind(packages, large, small) == pytest.approx([0.0, 0.5])


def test_many_files_say_more_than_a_long_one() -> None:
    packages = Packages()
    packages.add("bindings/go.mod", 0)
    made = packages.add("bindings/all.go", 1000)
    hand = [packages.add(f"part{number}.go", 100) for number in range(10)]
    assert behind(packages, hand[0])[0] == 0.0
    assert behind(packages, made)[0] > 0.4


@pytest.mark.parametrize(
    "name", ["Dapper.csproj", "pandoc.cabal", "Cargo.toml", "build.gradle.kts"]
)
def test_a_manifest_parts_what_is_below_from_what_is_around(name: str) -> None:
    packages = Packages()
    around = packages.add("src/all.x", 400)
    below = packages.add("extra/src/more.x", 100)
    assert behind(packages, around, below) == [0.0, 0.0]
    packages.add(f"extra/{name}", 0)
    assert behind(packages, around, below) == pytest.approx([0.0, 1 / 3])
    packages.drop(f"extra/{name}", 0)
    assert behind(packages, around, below) == [0.0, 0.0]


def test_a_tree_without_source_prefers_nothing() -> None:
    packages = Packages()
    one, other = packages.add("docs/index.md", 0), packages.add("web/package.json", 0)
    assert behind(packages, one, other) == [0.0, 0.0]


def plainly(files: dict[str, int]) -> dict[str, float]:
    """By folder, from all files at once."""
    manifests = {path.rpartition("/")[0] for path in files if path.rpartition("/")[2] in NAMES[:2]}

    def package(folder: str) -> str:
        while folder and folder not in manifests:
            folder = folder.rpartition("/")[0]
        return folder

    sums: dict[str, float] = {}
    for path, size in files.items():
        own = package(path.rpartition("/")[0])
        sums[own] = sums.get(own, 0.0) + math.sqrt(size)
    whole, most = max(1.0, sum(sums.values())), max(sums.values(), default=0.0)
    folders = {path.rpartition("/")[0] for path in files}
    return {folder: (most - sums[package(folder)]) / whole for folder in folders}


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(FOLDERS), st.sampled_from(NAMES), st.integers(0, 99))))
def test_what_comes_and_goes_leaves_what_all_at_once_would(
    steps: list[tuple[str, str, int]],
) -> None:
    packages, files, numbers = Packages(), dict[str, int](), dict[str, int]()
    for folder, name, size in steps:
        path = f"{folder}/{name}" if folder else name
        if path in files:
            packages.drop(path, files.pop(path))
        else:
            files[path] = size
            numbers[folder] = packages.add(path, size)
        if numbers:
            packages.behind(np.array([*numbers.values()], np.int32))
    for folder, expected in plainly(files).items():
        assert behind(packages, numbers[folder])[0] == pytest.approx(expected, abs=1e-9)
