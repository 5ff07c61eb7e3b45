"""The second provider: the Messages API, scripted."""

import asyncio
import subprocess
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx

from claudetask_core.config import Settings
from claudetask_core.schemas.search import SearchHit, SearchQuery, SearchResults
from claudetask_core.services.analysis.answer import schema
from claudetask_core.services.analysis.anthropic.provider import AnthropicApi
from claudetask_core.services.analysis.claude_code.stream import Stream
from claudetask_core.services.analysis.provider import Outcome
from claudetask_core.services.analysis.stop import Stop
from tests.core.analysis.messages import (
    BASE,
    URL,
    answer,
    failure,
    requests,
    sent,
    stream,
    text,
    use,
)
from tests.core.analysis.support import ANSWER
from tests.support import eventually

SUBMIT = use("submit_analysis", **ANSWER)


class FakeSearch:
    async def search(self, query: SearchQuery) -> SearchResults:
        hit = SearchHit(
            path="login.py",
            start_line=1,
            end_line=2,
            symbol="login",
            language="python",
            kind="function",
            score=1.0,
            why="",
            text="def login(): ...",
            truncated=False,
        )
        return SearchResults(
            query=query.query, complete=1.0, results=[hit], weak=False, message=None
        )


@pytest.fixture
def api() -> Generator[respx.MockRouter]:
    with respx.mock(assert_all_called=False) as router:
        yield router


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    subprocess.run(["git", "init", "-q", folder], check=True)  # git lists links, a walk does not
    (folder / "login.py").write_text("one\ntwo\nthree\n")
    (folder / ".env").write_text("SECRET=hunter2\n")
    (folder / "link.txt").symlink_to(folder / ".env")
    (folder / "out.txt").symlink_to("/etc/passwd")
    (folder / "built").mkdir()
    (folder / "built" / "x.py").write_text("x\n")
    return folder


class Asked:
    """The provider, asked once with what a test sets."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.pauses: list[float] = []
        self.stream = Stream(root)
        self.stop = Stop()

    async def __call__(self, **changed: Any) -> Outcome:
        settings = Settings(
            anthropic_api_key="sk-ant-test",  # pyright: ignore[reportArgumentType] — pydantic wraps it
            anthropic_base_url=BASE,
            index_exclude=("built/",),
            **changed,
        )
        provider = AnthropicApi(settings, FakeSearch(), self._sleep)
        return await provider.ask("Analyse.", schema(), self.stream, self.stop)

    async def _sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)


@pytest.fixture
def ask(root: Path) -> Asked:
    return Asked(root)


def results(body: dict[str, Any]) -> list[tuple[str, bool]]:
    """What the tools answered in the last message of a request."""
    return [
        (block["content"], block["is_error"])
        for block in body["messages"][-1]["content"]
        if block["type"] == "tool_result"
    ]


async def test_it_reads_searches_and_lists_and_hands_in_the_form(
    api: respx.MockRouter, ask: Asked
) -> None:
    looks = [
        use("read_file", 1, path="login.py", start_line=2, lines=1),
        use("search_code", 2, query="login"),
        use("list_files", 3),
    ]
    api.post(URL).mock(side_effect=[answer(*looks), answer(text("Done."), SUBMIT)])
    outcome = await ask()
    assert (outcome.structured, outcome.error) == (ANSWER, None)
    assert (outcome.turns, outcome.tokens) == (2, 240)
    assert outcome.cost_usd == pytest.approx((200 * 2 + 40 * 10) / 1e6)
    first, second = sent(api)
    assert [tool["name"] for tool in first["tools"]] == [
        "read_file",
        "search_code",
        "list_files",
        "submit_analysis",
    ]
    assert results(second) == [
        ("2\ttwo\n… 1 more lines", False),
        ("login.py:1-2 login\ndef login(): ...", False),
        ("link.txt\nlogin.py\nout.txt", False),
    ]
    request = requests(api)[0]
    assert request.headers["x-api-key"] == "sk-ant-test"
    assert request.headers["anthropic-version"] == "2023-06-01"
    assert ask.stream.turns == 2
    assert ask.stream.doing == "writing the answer"


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("read_file", {"path": ".env"}, "may be read"),
        ("read_file", {"path": "link.txt"}, "may be read"),
        ("read_file", {"path": "out.txt"}, "leads out"),
        ("read_file", {"path": "../../etc/passwd"}, "may be read"),
        ("read_file", {"path": "/etc/passwd"}, "may be read"),
        ("read_file", {"path": "built/x.py"}, "may be read"),
        ("read_file", {"path": 7}, "path"),
        ("read_file", {"path": "login.py", "start_line": 0}, "start_line"),
        ("list_files", {"pattern": "!"}, "pattern"),
        ("write_file", {"path": "x"}, "There is no tool"),
    ],
)
async def test_what_the_index_leaves_out_and_what_makes_no_sense_is_an_error_to_the_model(
    api: respx.MockRouter, ask: Asked, name: str, given: dict[str, Any], said: str
) -> None:
    api.post(URL).mock(side_effect=[answer(use(name, **given)), answer(SUBMIT)])
    assert (await ask()).error is None
    [(words, wrong)] = results(sent(api)[1])
    assert wrong
    assert said in words
    assert "hunter2" not in words


async def test_a_request_that_is_too_long_is_told_as_that(
    api: respx.MockRouter, ask: Asked
) -> None:
    said = "prompt is too long: 250000 tokens > 200000 maximum"
    api.post(URL).mock(return_value=failure(400, said))
    assert f"answered 400: {said}. The task with all" in ((await ask()).error or "")


@pytest.mark.parametrize(
    ("status", "said", "tries"),
    [
        (400, "CLAUDETASK_ANALYSIS_MODEL", 1),
        (401, "Check ANTHROPIC_API_KEY", 1),
        (403, "use another one", 1),
        (500, "Try again later", 3),
        (529, "overloaded", 3),
    ],
)
async def test_a_refusal_by_status_says_what_to_do_and_is_tried_again_where_that_may_help(
    api: respx.MockRouter, ask: Asked, status: int, said: str, tries: int
) -> None:
    api.post(URL).mock(return_value=failure(status, "bad sk-ant-abcdefgh"))
    outcome = await ask()
    assert outcome.error is not None
    assert f"answered {status}" in outcome.error
    assert said in outcome.error
    assert "abcdefgh" not in outcome.error
    assert len(sent(api)) == tries
    assert ask.pauses == [1.0, 2.0][: tries - 1]


async def test_a_limit_waits_as_long_as_the_api_asks_and_goes_on(
    api: respx.MockRouter, ask: Asked
) -> None:
    waits = {"retry-after": "7"}
    api.post(URL).mock(side_effect=[failure(429, **waits), answer(SUBMIT)])
    assert (await ask()).error is None
    assert ask.pauses == [7.0]


@pytest.mark.parametrize(("asked", "pauses"), [("3600", []), ("soon", [1.0, 2.0])])
async def test_a_limit_that_lasts_too_long_ends_it(
    api: respx.MockRouter, ask: Asked, asked: str, pauses: list[float]
) -> None:
    api.post(URL).mock(return_value=failure(429, **{"retry-after": asked}))
    error = (await ask()).error
    assert error is not None
    assert "limit is reached" in error
    assert ask.pauses == pauses


def cut() -> str:
    return stream(SUBMIT).rpartition("event: message_delta")[0]


def overloaded() -> str:
    return 'data: {"type": "error", "error": {"type": "overloaded_error"}}\n\ndata: nonsense\n\n'


@pytest.mark.parametrize("broken", [cut, overloaded])
async def test_a_stream_that_breaks_off_is_asked_for_again(
    api: respx.MockRouter, ask: Asked, broken: Callable[[], str]
) -> None:
    api.post(URL).mock(side_effect=[httpx.Response(200, text=broken()), answer(SUBMIT)])
    outcome = await ask()
    assert (outcome.error, outcome.turns) == (None, 1)


async def test_a_stream_that_always_breaks_off_fails_in_words(
    api: respx.MockRouter, ask: Asked
) -> None:
    api.post(URL).mock(return_value=httpx.Response(200, text=cut()))
    error = (await ask()).error
    assert error == "The Claude API broke off in the middle of an answer. Try again later."


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (httpx.ConnectError("no"), "cannot be reached (ConnectError)"),
        (httpx.ReadTimeout("no"), "did not answer in time"),
    ],
)
async def test_an_api_that_is_not_there_is_said(
    api: respx.MockRouter, ask: Asked, fault: Exception, said: str
) -> None:
    api.post(URL).mock(side_effect=fault)
    error = (await ask()).error
    assert error is not None
    assert said in error


async def test_an_endless_answer_is_cut(
    api: respx.MockRouter, ask: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("claudetask_core.services.analysis.anthropic.messages.MOST_BYTES", 100)
    api.post(URL).mock(return_value=answer(SUBMIT))
    error = (await ask()).error
    assert error is not None
    assert "more than can be taken in" in error


async def test_a_refusal_of_the_model_is_said(api: respx.MockRouter, ask: Asked) -> None:
    api.post(URL).mock(return_value=answer(text("I cannot."), stop="refusal"))
    error = (await ask()).error
    assert error is not None
    assert error.startswith("Claude refused to work on this task. I cannot.")


async def test_a_loop_of_tools_that_never_ends_is_ended_and_told_so_in_its_last_turn(
    api: respx.MockRouter, ask: Asked
) -> None:
    api.post(URL).mock(return_value=answer(use("read_file", path="login.py")))
    outcome = await ask(analysis_max_turns=4)
    assert outcome.error is not None
    assert "CLAUDETASK_ANALYSIS_MAX_TURNS" in outcome.error
    assert outcome.turns == 4
    newest = [body["messages"][-1]["content"][-1].get("text", "") for body in sent(api)]
    assert ["last turn" in words for words in newest] == [False, False, False, True]
    assert not any("tool_choice" in body for body in sent(api))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"analysis_max_budget_usd": 0.0007}, "CLAUDETASK_ANALYSIS_MAX_BUDGET_USD"),
        ({"analysis_max_tokens": 200}, "CLAUDETASK_ANALYSIS_MAX_TOKENS"),
    ],
)
async def test_a_ceiling_ends_it_with_what_it_cost(
    api: respx.MockRouter, ask: Asked, changed: dict[str, Any], said: str
) -> None:
    api.post(URL).mock(return_value=answer(use("read_file", path="login.py")))
    outcome = await ask(**changed)
    assert outcome.error is not None
    assert said in outcome.error
    assert outcome.turns == 2
    assert outcome.tokens == 240


async def test_a_wrong_form_is_asked_for_again_and_not_for_ever(
    api: respx.MockRouter, ask: Asked
) -> None:
    wrong = use("submit_analysis", summary="x")
    api.post(URL).mock(side_effect=[answer(wrong), answer(SUBMIT)])
    assert (await ask()).error is None
    [(words, is_error)] = results(sent(api)[1])
    assert is_error
    assert "approach" in words
    api.post(URL).mock(return_value=answer(wrong))
    outcome = await Asked(ask.root)()
    assert outcome.turns == 3
    assert outcome.error is not None
    assert "in the form" in outcome.error


async def test_thoughts_are_sent_back_to_the_letter_and_empty_texts_are_not(
    api: respx.MockRouter, ask: Asked
) -> None:
    thought = {"type": "thinking", "thinking": "First look.", "signature": "c2ln"}
    hidden = {"type": "redacted_thinking", "data": "b3BhcXVl"}
    looks = use("read_file", path="login.py")
    api.post(URL).mock(side_effect=[answer(thought, hidden, text(""), looks), answer(SUBMIT)])
    assert (await ask()).error is None
    assert sent(api)[1]["messages"][1]["content"] == [thought, hidden, looks]


async def test_words_instead_of_the_form_are_asked_for_once_more(
    api: respx.MockRouter, ask: Asked
) -> None:
    api.post(URL).mock(side_effect=[answer(text("Well."), stop="end_turn"), answer(SUBMIT)])
    assert (await ask()).error is None
    assert sent(api)[1]["messages"][-1]["content"] == [text("Answer by calling submit_analysis.")]
    api.post(URL).mock(return_value=answer(text("Well."), stop="end_turn"))
    outcome = await Asked(ask.root)()
    assert outcome.error is not None
    assert "in words" in outcome.error


async def hanging(_request: httpx.Request) -> httpx.Response:
    await asyncio.Event().wait()
    raise AssertionError


async def test_one_that_takes_too_long_is_ended(api: respx.MockRouter, ask: Asked) -> None:
    api.post(URL).mock(side_effect=hanging)
    error = (await ask(analysis_timeout_seconds=0.05)).error
    assert error is not None
    assert "after 0.05 seconds" in error


async def test_one_that_is_stopped_ends_at_once(api: respx.MockRouter, ask: Asked) -> None:
    api.post(URL).mock(side_effect=hanging)
    asking = asyncio.create_task(ask())
    await eventually(lambda: ask.stream.doing == "asking the Claude API")
    async with asyncio.timeout(5):
        ask.stop.ask(3.0)
        outcome = await asking
    assert (outcome.structured, outcome.error) == (None, "stopped")
