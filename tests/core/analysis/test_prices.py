import pytest

from claudetask_core.services.analysis.anthropic.prices import cost

MILLION = 1_000_000


@pytest.mark.parametrize(
    ("model", "into", "out"),
    [
        ("claude-fable-5-1", 10, 50),
        ("claude-opus-5-5", 4, 20),
        ("claude-opus-5", 5, 25),
        ("claude-opus-4-8[1m]", 5, 25),
        ("claude-opus-4-1-20250805", 15, 75),
        ("claude-opus-4-20250514", 15, 75),
        ("claude-sonnet-5-5", 2, 10),
        ("claude-sonnet-5", 2, 10),
        ("claude-sonnet-4-5-20250929", 3, 15),
        ("claude-haiku-4-5", 1, 5),
        ("claude-haiku-5-5", 0.5, 2.5),
        ("something-new", 15, 75),
    ],
)
def test_a_model_costs_what_is_published_and_an_unknown_one_as_much_as_the_dearest(
    model: str, into: float, out: float
) -> None:
    assert cost(model, {"input_tokens": MILLION}) == pytest.approx(into)
    assert cost(model, {"output_tokens": MILLION, "input_tokens": 200_000}) == pytest.approx(
        out + into / 5
    )


def test_what_is_kept_costs_a_quarter_more_and_what_is_read_again_a_part() -> None:
    assert cost("claude-opus-5", {"cache_creation_input_tokens": MILLION}) == pytest.approx(6.25)
    assert cost("claude-opus-5", {"cache_read_input_tokens": MILLION}) == pytest.approx(0.5)
    assert cost("claude-opus-5-5", {"cache_read_input_tokens": MILLION}) == pytest.approx(0.2)
    assert cost("claude-sonnet-5-5", {"cache_read_input_tokens": MILLION}) == pytest.approx(0.1)


def test_a_short_prompt_to_the_newest_haiku_costs_less() -> None:
    assert cost("claude-haiku-5-5", {"input_tokens": 100_000}) == pytest.approx(0.01)
    assert cost("claude-haiku-5-5", {"input_tokens": 100_001}) == pytest.approx(0.0500005)


def test_what_the_api_does_not_say_costs_nothing() -> None:
    assert cost("claude-sonnet-5-5", {"input_tokens": None, "output_tokens": "many"}) == 0
