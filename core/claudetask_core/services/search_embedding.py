"""How search compares meaning: by the shipped table, by an optional encoder, or not at all."""

import logging
from dataclasses import dataclass
from typing import Final

from claudetask_core.errors import DomainError
from claudetask_core.search.encoder import Encoder
from claudetask_core.search.table import Table
from claudetask_core.search.vectors import TermTable

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Embedding:
    """What the settings say: `setting` is `table`, `none`, a folder or an address."""

    setting: str
    model: str = ""
    key: str | None = None


WORDS_ONLY: Final = Embedding("none")


def opened(embedding: Embedding) -> tuple[TermTable | None, Encoder | None]:
    """The table and the encoder to search with.

    What cannot be opened is done without, and the log says why: search by words always works.
    """
    table: TermTable | None = None
    encoder: Encoder | None = None
    if embedding.setting == "none":
        return None, None
    try:
        table = Table.load()
        if embedding.setting != "table":
            from claudetask_core.search.encoders import (  # noqa: PLC0415 — an optional tier
                open_encoder,
            )

            encoder = open_encoder(embedding.setting, model=embedding.model, key=embedding.key)
    except DomainError as error:
        _log.warning("search goes on by what there is: %s", error)
    return table, encoder
