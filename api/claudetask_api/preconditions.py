"""ETags: what the caller has read, and whether it is still what there is (RFC 9110, 13)."""

import re
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header

from claudetask_core.errors import Stale

TAG = re.compile(r'(?P<weak>W/)?"(?P<value>[\x21\x23-\x7e\x80-\xff]*)"')
MAX_DIGITS = 18
"""More digits than any version has, and few enough for any database."""
NO_TAG = "none"
SHOWN = 80
"""Characters; more than any tag of ours has."""


def etag(value: str | int) -> str:
    """A strong tag."""
    return f'"{value}"'


class PreconditionFailed(Stale):
    """What the headers ask for does not hold, whatever version or hash is expected."""

    code = "precondition_failed"


@dataclass(frozen=True)
class Conditions:
    """What `If-Match` and `If-None-Match` ask of what a write finds.

    Args:
        tags: Those of `If-Match`; None where the header is absent or `*`. A weak one never
            matches here, as RFC 9110 has it.
        exists: Whether `If-Match` is `*`: there must be something.
        unlike: `If-None-Match` as it was sent; `*` is whatever there is.
    """

    tags: tuple[str, ...] | None = None
    exists: bool = False
    unlike: str = ""

    @property
    def only_new(self) -> bool:
        """Whether only what is not there yet may be written."""
        return self.unlike.strip() == "*"

    def expected(self, present: str | None) -> str | None:
        """What a write must find: the present state where it is among the tags.

        Otherwise one that is not, which the service then refuses in its own words.

        Args:
            present: The tag of what is there; None where nothing is.

        Raises:
            PreconditionFailed: What is there is what `If-None-Match` excludes, or nothing is
                there and `If-Match` wants something.
        """
        if present is None:
            return self._expected_of_nothing()
        if is_known(self.unlike, etag(present)):
            raise PreconditionFailed(
                f"If-None-Match is {self.unlike[:SHOWN]}, and there is {etag(present)} already. "
                "Nothing was written.",
                next_step="Read it, and leave If-None-Match out to write over it.",
            )
        if self.tags is None:
            return present if self.unlike else None
        if present in self.tags:
            return present
        return next((tag for tag in self.tags if tag), NO_TAG)[:SHOWN]

    def expected_version(self, present: int) -> int | None:
        """The same for a version number."""
        tag = self.expected(str(present))
        if tag is None:
            return None
        return int(tag) if tag.isascii() and tag.isdigit() and len(tag) <= MAX_DIGITS else 0

    def refuse_untagged(self) -> None:
        """The same for what is always there and has no tag.

        Raises:
            PreconditionFailed: `If-None-Match` is `*`, or `If-Match` names a tag.
        """
        if self.only_new or self.tags is not None:
            raise PreconditionFailed(
                "This exists and has no ETag, so no tag matches it. Nothing was written.",
                next_step="Leave If-Match and If-None-Match out.",
            )

    def _expected_of_nothing(self) -> str | None:
        if self.exists or self.tags is not None:
            raise PreconditionFailed(
                "If-Match asks for something that is there, and nothing is. Nothing was written.",
                next_step="Leave If-Match out to make it.",
            )
        return None


async def _conditions(
    if_match: Annotated[
        str | None,
        Header(
            description="Write only if the present ETag is among these; `*` is any.",
            openapi_examples={"one": {"summary": "one tag", "value": '"3"'}},
        ),
    ] = None,
    if_none_match: Annotated[
        str | None,
        Header(
            description="Write only if the present ETag is none of these; `*` is any, so only "
            "what is not there yet is written.",
            openapi_examples={"none": {"summary": "a tag of no state", "value": '"0"'}},
        ),
    ] = None,
) -> Conditions:
    unlike = if_none_match or ""
    if if_match is None or if_match.strip() == "*":
        return Conditions(exists=if_match is not None, unlike=unlike)
    return Conditions(_tags(if_match, weak=False), unlike=unlike)


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


Expected = Annotated[Conditions, Depends(_conditions)]
Known = Annotated[str, Depends(_if_none_match)]


def is_known(known: str, tag: str) -> bool:
    """Whether `If-None-Match` names the tag; weakness makes no difference here."""
    if known.strip() == "*":
        return True
    return any(etag(value) == tag for value in _tags(known, weak=True))


def _tags(header: str, *, weak: bool) -> tuple[str, ...]:
    """The values of the tags of a header; a version or hash without quotes is one as well."""
    if '"' not in header:
        return tuple(part.strip() for part in header.split(",") if part.strip())
    return tuple(m["value"] for m in TAG.finditer(header) if weak or not m["weak"])
