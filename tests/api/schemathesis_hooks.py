"""A check of our own for the fuzzer, in the place of one of its own."""

from typing import Any

import schemathesis
from schemathesis import Case, CheckContext, Response

MALFORMED = {"validation_failed", "malformed_json", "unsupported_media_type", "content_too_large"}


@schemathesis.check
def what_the_document_allows_is_well_formed(
    ctx: CheckContext, response: Response, case: "Case[Any]"
) -> None:
    """Stands for positive_data_acceptance, which takes every 412 and 422 for a refusal of form.

    Ours also say that a version is no longer the present one, or that a criterion, a parent or a
    folder that a well-formed request names does not exist; no document can tell these apart.
    """
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if response.status_code >= 400 and response.json()["code"] in MALFORMED:
        raise AssertionError(f"the document allows it, but: {response.json()['detail']}")
