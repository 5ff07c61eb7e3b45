"""How search compares meaning: by the shipped table, by an optional encoder, or not at all."""

import logging
from dataclasses import dataclass
from typing import Final

from claudetask_core.errors import DomainError
from claudetask_core.search.vectors.encoder import Encoder
from claudetask_core.search.vectors.table import Table
from claudetask_core.search.vectors.vectors import TermTable

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Embedding:
    """What the settings say: `setting` is `table`, `none`, a folder or an address."""

    setting: str
    model: str = ""
    key: str | None = None


WORDS_ONLY: Final = Embedding("none")


@dataclass(frozen=True, slots=True)
class Opened:
    """What there is to compare meaning with, and what a user should know of what there is not."""

    table: TermTable | None = None
    encoder: Encoder | None = None
    notice: str | None = None


def opened(embedding: Embedding) -> Opened:
    """The table and the encoder to search with.

    What cannot be opened is done without, and said: search by words always works.
    """
    if embedding.setting == "none":
        return Opened()
    table: TermTable | None = None
    try:
        table = Table.load()
        if embedding.setting == "table":
            return Opened(table)
        from claudetask_core.search.vectors.encoders import open_encoder  # noqa: PLC0415 — optional

        encoder = open_encoder(embedding.setting, model=embedding.model, key=embedding.key)
    except DomainError as error:
        _log.warning("search goes on by what there is: %s", error)
        return Opened(table, notice=f"{error} {error.next_step} Answered without it.")
    return Opened(table, encoder)
