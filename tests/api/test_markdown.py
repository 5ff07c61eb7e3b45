"""Markdown as trees: whatever a text holds, harmless elements come out."""

from typing import Any

import pytest
from httpx2 import AsyncClient
from hypothesis import given
from hypothesis import strategies as st

from claudetask_api.markdown import MAX_DEPTH, MAX_NODES, SAFE, Element, Nodes, tree

pytestmark = pytest.mark.boardless

KNOWN = frozenset(
    """a blockquote br code del em h1 h2 h3 h4 h5 h6 hr li ol p pre strong table tbody td th thead
    tr ul""".split()  # noqa: SIM905 — a list of twenty-five strings reads worse
)
NASTY = st.text(alphabet='abc<>&"`*_~|[]()!#-\n 1.\\:;/', max_size=80)


def elements(nodes: Nodes, depth: int = 1) -> list[tuple[Element, int]]:
    found: list[tuple[Element, int]] = []
    for node in nodes:
        if isinstance(node, Element):
            found += [(node, depth), *elements(node.children, depth + 1)]
    return found


def text_of(nodes: Nodes) -> str:
    return "".join(node if isinstance(node, str) else text_of(node.children) for node in nodes)


def shape(node: Element | str) -> Any:
    if isinstance(node, str):
        return node
    return (node.tag, *map(shape, node.children))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# A *b*", ("h1", "A ", ("em", "b"))),
        ("- a\n- b", ("ul", ("li", "a"), ("li", "b"))),
        ("a\nb  \nc", ("p", "a", "\n", "b", ("br",), "c")),
        ("```py\nx < 1\n```", ("pre", ("code", "x < 1\n"))),
        ("    x", ("pre", ("code", "x\n"))),
        ("~~a~~ `b`", ("p", ("del", "a"), " ", ("code", "b"))),
        ("---", ("hr",)),
        ("> **a**", ("blockquote", ("p", ("strong", "a")))),
        ("<b>a</b>", ("p", "<b>a</b>")),
        ("<script>alert(1)</script>", ("p", "<script>alert(1)</script>")),
    ],
)
def test_a_text_becomes_these_elements(text: str, expected: Any) -> None:
    assert [shape(node) for node in tree(text)] == [expected]


@pytest.mark.parametrize("mark", ["> ", "- ", "1. ", "- > "])
@pytest.mark.parametrize("depth", [5, 9, 10, 11, 18, 19, 20, 21, 60])
def test_nothing_is_left_out_however_deep_it_nests(mark: str, depth: int) -> None:
    assert "the last word" in text_of(tree(mark * depth + "the last word\n\nafter"))
    assert "after" in text_of(tree(mark * depth + "the last word\n\nafter"))


def test_a_table_is_rows_of_cells_and_a_list_begins_where_it_says() -> None:
    table, numbered = tree("|a|b|\n|-|-|\n|1|2|\n\n7. x\n")
    assert isinstance(numbered, Element)
    assert shape(table) == (
        "table",
        ("thead", ("tr", ("th", "a"), ("th", "b"))),
        ("tbody", ("tr", ("td", "1"), ("td", "2"))),
    )
    assert (numbered.tag, numbered.start) == ("ol", 7)


@pytest.mark.parametrize(
    ("text", "href"),
    [
        ("[a](https://x.example/?q=1)", "https://x.example/?q=1"),
        ("[a](MAILTO:a@x.example)", "MAILTO:a@x.example"),
        ("![a](https://x.example/pixel.png)", "https://x.example/pixel.png"),
        ("[a](/docs)", None),
        ("[a](ftp://x.example)", None),
        ("[a](//x.example)", None),
    ],
)
def test_a_link_leads_to_the_web_or_nowhere_and_an_image_is_one(
    text: str, href: str | None
) -> None:
    [(link, _)] = [(one, depth) for one, depth in elements(tree(text)) if one.tag == "a"]
    assert link.href == href
    assert text_of(link.children) == "a"


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "JaVaScRiPt:alert(1)"]
)
def test_an_address_that_would_run_is_no_link(address: str) -> None:
    assert [one.href for one, _ in elements(tree(f"[a]({address}) <{address}>"))] == [None]


@given(st.lists(NASTY, max_size=4))
def test_whatever_a_text_holds_only_harmless_elements_come_out(texts: list[str]) -> None:
    for one, _ in elements(tree("\n\n".join(texts))):
        assert one.tag in KNOWN
        assert one.href is None or SAFE.match(one.href)


def test_deep_and_endless_texts_are_bounded() -> None:
    deep = elements(tree("**" * 1000 + "a" + "**" * 1000))
    assert max(depth for _, depth in deep) <= MAX_DEPTH
    many = tree("- a\n" * 15_000)
    assert len(elements(many)) <= MAX_NODES
    assert text_of(many).endswith("…")
    long = "[" * 70_000
    assert [shape(node) for node in tree(long)] == [("pre", long)]


async def test_texts_are_answered_in_their_order(client: AsyncClient) -> None:
    answer = await client.post("/api/markdown", json={"texts": ["a", "", "*b*"]})
    assert [[shape(Element(**node)) for node in one] for one in answer.json()["documents"]] == [
        [("p", "a")],
        [],
        [("p", ("em", "b"))],
    ]
    assert (await client.post("/api/markdown", json={"texts": ["a"] * 201})).status_code == 422
