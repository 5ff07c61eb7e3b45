from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.core.search.projects import Project
from tests.core.search.repositories import Repository
from tests.core.search.trees import LIMITER, PARSER, Tree


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Tree]:
    root = tmp_path / "tree"
    root.mkdir()
    made = Tree(root, tmp_path / "data" / "index.db")
    yield made
    made.index.close()


@pytest.fixture
def sample(tree: Tree) -> Tree:
    tree.write("src/limiter.py", LIMITER)
    tree.write("src/http/parser.py", PARSER)
    tree.write("README.md", "# Sample\n\nIt parses headers and limits callers.\n")
    tree.index.refresh()
    return tree


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Repository]:
    root = tmp_path / "repository"
    root.mkdir()
    made = Repository(root, tmp_path / "data" / "index.db")
    made.git("init", "--quiet", "--initial-branch=main")
    made.commit("Begin", {"begin.txt": "begin\n"})
    yield made
    made.index.close()


@pytest.fixture
async def project(tmp_path: Path) -> AsyncIterator[Project]:
    made = Project(tmp_path)
    yield made
    await made.service.close()
