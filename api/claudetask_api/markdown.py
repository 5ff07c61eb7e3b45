"""Markdown as a tree of elements that a page builds itself, so that no HTML is ever made of text.

What comes from tasks is written by people and models that the reader may not trust. Raw HTML in it
stays text, only the tags of `TAGS` can occur, links lead nowhere but to http, https and mailto, and
an image is a link to it: showing it would tell its host who reads what and when.
"""

import re
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token
from pydantic import BaseModel

MAX_BYTES = 64 * 1024
"""Longer texts are shown as they are: some cost the parser the square of their length."""
MAX_NODES = 20_000
MAX_DEPTH = 40
SAFE = re.compile(r"(?:https?|mailto):", re.IGNORECASE)
TAGS = frozenset(
    """a blockquote em h1 h2 h3 h4 h5 h6 li ol p strong table tbody td th thead tr
    ul""".split()  # noqa: SIM905 — a list of eighteen strings reads worse
)
"""What may hold others; the rest (code, rules, breaks) is made here."""
PARSER = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
HOLDERS = frozenset({"blockquote_open", "list_item_open"})
DEEPEST = PARSER.options.maxNesting - 1
"""What stands in quotes and lists that nest as deep as this the parser leaves out, without a word:
such a text is shown as it is.
"""


class Element(BaseModel):
    """An element; its children are elements and texts. `href` is that of a link, `start` where
    the numbers of a list begin.
    """

    tag: str
    children: list["Element | str"] = []
    href: str | None = None
    start: int | None = None


Nodes = list[Element | str]


def tree(text: str) -> Nodes:
    """The elements of a text."""
    if len(text.encode()) > MAX_BYTES:
        return [Element(tag="pre", children=[text])]
    tokens = PARSER.parse(text)
    if any(token.type in HOLDERS and token.level >= DEEPEST for token in tokens):
        return [Element(tag="pre", children=[text])]
    builder = _Builder()
    builder.add(tokens)
    return builder.nodes


class _Builder:
    """Puts tokens together; what nests deeper than `MAX_DEPTH` hangs on what is there."""

    def __init__(self) -> None:
        self.nodes: Nodes = []
        self._open: list[Nodes] = [self.nodes]
        self._left = MAX_NODES
        self._skipped = 0

    def add(self, tokens: Sequence[Token]) -> None:
        for token in tokens:
            if self._left == 0:
                return
            self._one(token)

    def _one(self, token: Token) -> None:
        if token.type == "inline":
            self.add(token.children or [])
        elif token.nesting == 1:
            self._begin(token)
        elif token.nesting == -1:
            self._end(token)
        else:
            leaf = _leaf(token)
            if leaf:
                self._put(leaf)

    def _begin(self, token: Token) -> None:
        if token.hidden:
            return
        if len(self._open) > MAX_DEPTH or token.tag not in TAGS | {"s"}:
            self._skipped += 1
            return
        made = _element(token)
        self._put(made)
        self._open.append(made.children)

    def _end(self, token: Token) -> None:
        if token.hidden:
            return
        if self._skipped:
            self._skipped -= 1
        else:
            self._open.pop()

    def _put(self, node: Element | str) -> None:
        self._left -= 1
        self._open[-1].append(node if self._left else "…")


def _leaf(token: Token) -> Element | str:
    match token.type:
        case "image":
            link = _link(str(token.attrGet("src") or ""))
            return link.model_copy(update={"children": [token.content or "image"]})
        case "fence" | "code_block":
            return Element(tag="pre", children=[Element(tag="code", children=[token.content])])
        case "code_inline":
            return Element(tag="code", children=[token.content])
        case "hardbreak" | "hr":
            return Element(tag=token.tag)
        case "softbreak":
            return "\n"
        case _:
            return token.content


def _element(token: Token) -> Element:
    if token.tag == "a":
        return _link(str(token.attrGet("href") or ""))
    if token.tag == "s":
        return Element(tag="del")
    start = token.attrGet("start")
    return Element(tag=token.tag, start=int(start) if start is not None else None)


def _link(target: str) -> Element:
    """A link, or what is left of one that leads where no text may lead."""
    return Element(tag="a", href=target if SAFE.match(target) else None)
