"""ETags: what the caller has read, and whether it is still what there is (RFC 9110, 13)."""

import re
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header

TAG = re.compile(r'(?P<weak>W/)?"(?P<value>[\x21\x23-\x7e\x80-\xff]*)"')
MAX_DIGITS = 18
"""More digits than any version has, and few enough for any database."""


def etag(value: str | int) -> str:
    """A strong tag."""
    return f'"{value}"'


@dataclass(frozen=True)
class IfMatch:
    """The tags of `If-Match`; None where the header is absent or `*`, so any state will do.

    A weak tag never matches here, as RFC 9110 has it.
    """

    tags: tuple[str, ...] | None

    def expected(self, present: str) -> str | None:
        """What a write must find: the present state where it is among the tags.

        Otherwise one that is not, which the service then refuses in its own words.
        """
        if self.tags is None:
            return None
        if present in self.tags:
            return present
        return self.tags[0] if self.tags else "none"

    def expected_version(self, present: int) -> int | None:
        """The same for a version number."""
        tag = self.expected(str(present))
        if tag is None:
            return None
        return int(tag) if tag.isascii() and tag.isdigit() and len(tag) <= MAX_DIGITS else 0


async def _if_match(
    if_match: Annotated[
        str | None,
        Header(
            description="Write only if the present ETag is among these; `*` is any.",
            openapi_examples={"one": {"summary": "one tag", "value": '"3"'}},
        ),
    ] = None,
) -> IfMatch:
    if if_match is None or if_match.strip() == "*":
        return IfMatch(None)
    return IfMatch(tuple(m["value"] for m in TAG.finditer(if_match) if not m["weak"]))


async def _if_none_match(
    if_none_match: Annotated[
        str | None,
        Header(
            description="Answer 304 where the present ETag is among these.",
            openapi_examples={"one": {"summary": "one tag", "value": '"3"'}},
        ),
    ] = None,
) -> str:
    return if_none_match or ""


Expected = Annotated[IfMatch, Depends(_if_match)]
Known = Annotated[str, Depends(_if_none_match)]


def is_known(known: str, tag: str) -> bool:
    """Whether `If-None-Match` names the tag; weakness makes no difference here."""
    if known.strip() == "*":
        return True
    return any(f'"{found["value"]}"' == tag for found in TAG.finditer(known))
