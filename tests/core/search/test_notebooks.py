import json
from typing import Any

import pytest

from claudetask_core.search.chunks.chunks import Chunk
from claudetask_core.search.chunks.notebooks import cut_notebook
from tests.core.search.trees import Tree

PICTURE = "iVBORw0KGgo" * 4000


def cell(kind: str, *source: str, **more: Any) -> dict[str, Any]:
    return {"cell_type": kind, "metadata": {}, **more, "source": list(source)}


NOTEBOOK: dict[str, Any] = {
    "cells": [
        cell("markdown", "# Loading\n", "\n", "How the orders are fetched."),
        cell(
            "code",
            "import pandas\n",
            "\n",
            "def load_orders(path):\n",
            '    return pandas.read_csv(path, sep="\\t")\n',
            execution_count=1,
            outputs=[{"data": {"image/png": PICTURE, "text/plain": ["unsaid_output\n"]}}],
        ),
        cell("code"),
    ],
    "metadata": {"kernelspec": {"language": "python"}},
    "nbformat": 4,
}


def lines_of(document: dict[str, Any], indent: int | None = 1) -> list[str]:
    return json.dumps(document, indent=indent).split("\n")


def covered(chunks: list[Chunk]) -> list[int]:
    return [line for chunk in chunks for line in range(chunk.start, chunk.end + 1)]


def test_a_notebook_is_cut_by_cell_and_its_lines_keep_their_numbers(tree: Tree) -> None:
    tree.write("orders.ipynb", "\n".join(lines_of(NOTEBOOK)) + "\n")
    tree.index.refresh()
    hit = tree.ask("load_orders")[0]
    assert (hit.symbol, hit.kind, hit.language) == ("cell 2.load_orders", "function", "jupyter")
    written = (tree.root / "orders.ipynb").read_text(encoding="utf-8").split("\n")
    assert hit.text == "\n".join(written[hit.start_line - 1 : hit.end_line])
    assert "def load_orders(path)" in hit.text
    assert tree.ask("how orders are fetched")[0].symbol == "cell 1.Loading"


def test_outputs_of_a_notebook_are_not_read(tree: Tree) -> None:
    tree.write("orders.ipynb", "\n".join(lines_of(NOTEBOOK)) + "\n")
    tree.index.refresh()
    assert tree.ask("unsaid_output") == []


@pytest.mark.parametrize("indent", [1, 4, None])
def test_every_line_of_a_notebook_is_in_one_chunk(indent: int | None) -> None:
    lines = lines_of(NOTEBOOK, indent)
    found = cut_notebook(lines)
    assert found is not None
    sources, chunks = found
    assert len(sources) == len(lines)
    assert covered(chunks) == list(range(1, len(lines) + 1))
    assert "def load_orders(path):" in " ".join(sources)


def test_a_source_that_is_one_string_is_read_too() -> None:
    document = {"cells": [{"cell_type": "code", "source": "alpha = 1\nbeta = 2"}]}
    document["metadata"] = {"language_info": {"name": "R"}}  # type: ignore[assignment]  # pyright: ignore[reportArgumentType] — JSON
    found = cut_notebook(lines_of(document))
    assert found is not None
    assert "alpha = 1 beta = 2" in found[0]


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"cells": 1}', '{"cells": [1, {}, {"source": 3}]}', '{"cells": []}', "x = 1"],
)
def test_what_is_no_notebook_is_left_to_be_cut_as_text(text: str, tree: Tree) -> None:
    assert cut_notebook(text.split("\n")) is None
    tree.write("odd.ipynb", text)
    assert not tree.index.refresh() or tree.index.progress.complete == 1.0


def test_a_string_that_json_does_not_know_is_taken_as_empty() -> None:
    found = cut_notebook(['{"cells": [{"cell_type": "code", "source": ["\\q", "kept"]}]}'])
    assert found is not None
    assert "kept" in found[0][0]
