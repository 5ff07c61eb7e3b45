import pytest

from claudetask_core.services.similar.compare import Comparison, Said
from claudetask_core.services.similar.rarity import Rarity
from claudetask_core.services.similar.terms import compounds, lexicon, terms

NOTHING = Rarity.of(())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Users cannot log in", ["user", "cannot", "log in"]),
        ("The TokenStore of api", ["token", "stor", "api", "=tokenstore"]),
        ("a b", []),
        ("限制速率", ["限制", "制速", "速率", "=限制速率"]),
        ("", []),
    ],
)
def test_a_text_says_its_telling_words_phrases_and_identifiers(
    text: str, expected: list[str]
) -> None:
    assert list(terms(text)) == expected


def test_a_term_remembers_how_it_is_written() -> None:
    assert terms("Log in with RateLimiters")["log in"] == "log in"
    assert terms("Log in with RateLimiters")["=ratelimiters"] == "RateLimiters"


def test_an_index_gets_the_parts_of_what_is_written_in_one() -> None:
    assert compounds("RateLimiter in rate_limiter.py") == "rate limiter"


def test_kin_and_rivals_go_both_ways_and_never_to_themselves() -> None:
    known = lexicon()
    for related in (known.kin, known.rivals):
        for term, others in related.items():
            assert term not in others
            assert all(term in related[other] for other in others)


def test_every_word_of_the_lists_can_be_said() -> None:
    assert all(term and term in lexicon().spelled for term in lexicon().kin)


def test_a_rare_word_tells_more_than_one_that_every_task_says() -> None:
    rarity = Rarity.of(["invoice heliotrope", *["invoice paper"] * 200])
    often, rare = rarity.weights(["invoic", "heliotrop"])
    assert rare > 2 * often


def test_what_one_says_in_words_of_its_own_is_found_in_the_other() -> None:
    asked = Said.of("Sign in is sluggish")
    compared = Comparison(asked, [Said.of("Login is slow"), Said.of("Paint it blue")], NOTHING)
    assert compared.share(0) > 0.8
    assert compared.share(1) < 0.2
    assert [(pair.here, pair.there) for pair in compared.telling(0)] == [
        ("sign in", "login"),
        ("sluggish", "slow"),
    ]


def test_a_text_without_words_is_compared_too() -> None:
    compared = Comparison(Said.of(""), [Said.of(""), Said.of("Login")], NOTHING)
    assert compared.features().shape == (2, 3)
    assert (compared.share(0), compared.share(1), compared.telling(0)) == (0.0, 0.0, [])
    assert Comparison(Said.of("x y"), [], NOTHING).features().shape == (0, 3)
