"""What a request to the Messages API costs, in dollars.

The prices are those that Anthropic published in October 2026
(https://platform.claude.com/docs/en/about-claude/pricing and the pages of the models). The API
tells what was used and not what it costs, so a limit of cost stands on this table: a model that is
not in it is taken for the dearest.
"""

from dataclasses import dataclass
from typing import Any, Final

MILLION: Final = 1_000_000
CACHE_WRITE: Final = 1.25
LONG_PROMPT: Final = 100_000


@dataclass(frozen=True)
class Price:
    """Dollars for a million tokens: read, written, and read again from the cache."""

    into: float
    out: float
    again: float


PRICES: Final = (
    ("fable-5-1", Price(10, 50, 0.25)),
    ("mythos-5-1", Price(10, 50, 0.25)),
    ("fable", Price(10, 50, 1)),
    ("mythos", Price(10, 50, 1)),
    ("opus-5-5", Price(4, 20, 0.2)),
    ("opus-4-0", Price(15, 75, 1.5)),
    ("opus-4-1", Price(15, 75, 1.5)),
    ("opus-4-20", Price(15, 75, 1.5)),
    ("3-opus", Price(15, 75, 1.5)),
    ("opus", Price(5, 25, 0.5)),
    ("sonnet-5-5", Price(2, 10, 0.1)),
    ("sonnet-5", Price(2, 10, 0.2)),
    ("sonnet", Price(3, 15, 0.3)),
    ("haiku-5-5", Price(0.1, 0.5, 0.01)),
    ("haiku", Price(1, 5, 0.1)),
)
"""By a part of the model's name; the first that fits counts."""
LONG: Final = {"haiku-5-5": Price(0.5, 2.5, 0.05)}
"""What a request costs whose prompt is longer than `LONG_PROMPT`, where that differs."""
DEAREST: Final = Price(15, 75, 1.5)


def cost(model: str, usage: dict[str, Any]) -> float:
    """The cost of one request, from what the API says that it used."""

    def tokens(name: str) -> int:
        value = usage.get(name)
        return value if isinstance(value, int) else 0

    fresh, kept = tokens("input_tokens"), tokens("cache_creation_input_tokens")
    again = tokens("cache_read_input_tokens")
    name, price = next((row for row in PRICES if row[0] in model), ("", DEAREST))
    if fresh + kept + again > LONG_PROMPT:
        price = LONG.get(name, price)
    read = (fresh + CACHE_WRITE * kept) * price.into + again * price.again
    return (read + tokens("output_tokens") * price.out) / MILLION
