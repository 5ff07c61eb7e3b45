import pytest

from claudetask_core.search.text.tokens import parts, stem, terms


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("HTTPServer2", ["http", "server", "2"]),
        ("rate_limiter", ["rate", "limiter"]),
        ("parseJSONBody", ["parse", "json", "body"]),
        ("simple", ["simple"]),
        ("gRPCServer", ["grpc", "server"]),
        ("fromGitHub", ["from", "github"]),
        ("OAuth2Client", ["oauth", "2", "client"]),
        ("WebSockets", ["websockets"]),
        ("URLs", ["url"]),
        ("userIDs", ["user", "id"]),
        ("getURLsFor", ["get", "url", "for"]),
        ("MAX_URLs", ["max", "url"]),
        ("isIPv6Address", ["is", "ip", "v", "6", "address"]),
        ("SSLv3", ["ssl", "v", "3"]),
        ("URLSet", ["url", "set"]),
        ("aBs", ["a", "bs"]),
        ("__init__", ["init"]),
        ("Größe_ändern", ["größe", "ändern"]),
        ("x限流器y", ["x", "限流", "流器", "y"]),
        ("限", ["限"]),
    ],
)
def test_identifiers_are_split_at_underscores_and_capitals(word: str, expected: list[str]) -> None:
    assert parts(word) == expected


def test_two_spellings_of_a_name_share_their_terms() -> None:
    assert terms("rate_limiter") == terms("RateLimiter")
    assert "=ratelimiter" in terms("rate_limiter")


@pytest.mark.parametrize(
    ("one", "other"),
    [("ids", "id"), ("routes", "routing"), ("parser", "parsing"), ("queries", "query"),
     ("stopped", "stop"), ("classes", "class"), ("matches", "matching"), ("caches", "caching")],
)  # fmt: skip
def test_forms_of_a_word_have_one_stem(one: str, other: str) -> None:
    assert stem(one) == stem(other)


@pytest.mark.parametrize("word", ["is", "red", "gas", "bus", "thing", "status"])
def test_short_words_stay_as_they_are(word: str) -> None:
    assert stem(word) in {word, word[:-1]}
    assert len(stem(word)) >= 2


def test_text_without_blanks_between_words_becomes_pairs_of_letters() -> None:
    assert terms("限流器") == ["限流", "流器", "=限流器"]


def test_the_memory_of_words_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("claudetask_core.search.text.tokens._MEMO_SIZE", 3)
    text = "alpha beta gamma delta epsilon zeta"
    assert len(terms(text)) == 6
    assert terms(text) == terms(text)
