"""The second provider of analyses: the Messages API with the user's key.

The model looks at the project by the tools of `analysis.reading` and answers by calling
`submit_analysis`. Every round is bounded: turns, tokens, cost and time have ceilings, and in the
last turn it is told to answer. `tool_choice` would force it to, but models that think refuse that.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from claudetask_core.config import Settings
from claudetask_core.services.analysis import answer as analysis_answer
from claudetask_core.services.analysis import reading as analysis_reading
from claudetask_core.services.analysis.anthropic.messages import ApiFailed, Messages, Reply, Sleep
from claudetask_core.services.analysis.anthropic.prices import cost
from claudetask_core.services.analysis.claude_code.failures import BY_SUBTYPE, late, redacted, spent
from claudetask_core.services.analysis.claude_code.stream import Stream, counted
from claudetask_core.services.analysis.provider import Outcome
from claudetask_core.services.analysis.reading import ProjectReader, Search
from claudetask_core.services.analysis.stop import Stop

MODEL: Final = "claude-sonnet-5-5"
MAX_TOKENS: Final = 32_000
SUBMIT: Final = "submit_analysis"
FORM_TRIES: Final = 3
REMINDER: Final = f"Answer by calling {SUBMIT}."
LAST_TURN: Final = f"This is your last turn. {REMINDER} Leave open what you have not found out."


@dataclass
class _Talk:
    """What was said so far and what it took."""

    messages: list[dict[str, Any]]
    turns: int = 0
    tokens: int = 0
    cost: float = 0.0
    wrong_forms: int = 0
    last_error: str = field(default="")

    def outcome(self, structured: dict[str, Any] | None, error: str | None) -> Outcome:
        return Outcome(structured, error, round(self.cost, 6), self.turns or None, self.tokens)


class AnthropicApi:
    """The API with a key.

    Args:
        settings: Key, address, model and ceilings.
        search: Asks the index for the model; None where there is none.
        sleep: Waits before another try.
    """

    name = "anthropic"

    def __init__(
        self, settings: Settings, search: Search | None, sleep: Sleep = asyncio.sleep
    ) -> None:
        self._settings = settings
        self._search = search
        self._sleep = sleep

    async def ask(self, prompt: str, schema: dict[str, Any], stream: Stream, stop: Stop) -> Outcome:
        """As `Provider.ask` says."""
        talk = _Talk([{"role": "user", "content": [_cached(prompt)]}])
        stream.doing = "asking the Claude API"
        talking = asyncio.create_task(self._talk(talk, schema, stream))
        stop.bind(lambda _grace: talking.cancel())
        seconds = self._settings.analysis_timeout_seconds
        done, _ = await asyncio.wait({talking}, timeout=seconds)
        if not done:
            talking.cancel()
            await asyncio.wait({talking})
            return talk.outcome(None, late(seconds))
        if talking.cancelled():
            return talk.outcome(None, "stopped")
        return talking.result()

    async def _talk(self, talk: _Talk, schema: dict[str, Any], stream: Stream) -> Outcome:
        settings = self._settings
        key = settings.anthropic_api_key
        reader = ProjectReader(
            stream.root,
            exclude=settings.index_exclude,
            max_bytes=settings.index_max_file_bytes,
            search=self._search,
        )
        async with httpx.AsyncClient(base_url=settings.anthropic_base_url) as client:
            messages = Messages(client, key.get_secret_value() if key else "", self._sleep)
            while talk.turns < settings.analysis_max_turns:
                try:
                    reply = await messages.send(self._body(talk, schema))
                except ApiFailed as failure:
                    return talk.outcome(None, str(failure))
                self._count(talk, reply, stream)
                ended = await self._take(talk, reply, reader)
                if ended is not None:
                    return ended
        return talk.outcome(None, BY_SUBTYPE["error_max_turns"])

    def _body(self, talk: _Talk, schema: dict[str, Any]) -> dict[str, Any]:
        submit = {"name": SUBMIT, "description": "Hand in the analysis.", "input_schema": schema}
        last = talk.turns + 1 >= self._settings.analysis_max_turns
        return {
            "model": self._settings.analysis_model or MODEL,
            "max_tokens": MAX_TOKENS,
            "tools": [*analysis_reading.described(), submit],
            "messages": _with_last_words(talk.messages) if last else talk.messages,
        }

    def _count(self, talk: _Talk, reply: Reply, stream: Stream) -> None:
        talk.turns += 1
        tokens = counted(reply.usage)
        talk.tokens += tokens
        talk.cost += cost(reply.model, reply.usage)
        stream.answered(f"{talk.turns}", reply.content, tokens)

    async def _take(self, talk: _Talk, reply: Reply, reader: ProjectReader) -> Outcome | None:
        """What an answer leads to: the end, or another round."""
        if reply.stop_reason == "refusal":
            said = redacted(reply.text)
            return talk.outcome(
                None,
                f"Claude refused to work on this task. {said} Change its text, then try again.",
            )
        uses = [block for block in reply.content if block.get("type") == "tool_use"]
        for use in uses:
            if use.get("name") == SUBMIT:
                wrong = analysis_answer.parse(use.get("input"))
                if not isinstance(wrong, str):
                    return talk.outcome(use["input"], None)
                talk.wrong_forms, talk.last_error = talk.wrong_forms + 1, wrong
        if (error := self._used_up(talk)) is not None:
            return talk.outcome(None, error)
        if not uses and talk.last_error:
            return talk.outcome(
                None,
                "Claude answered in words and not in the form that was asked for: "
                f"{redacted(reply.text)}",
            )
        talk.messages += [{"role": "assistant", "content": _sendable(reply) or [_text("…")]}]
        answers = [await self._result(use, talk, reader) for use in uses]
        if not uses:
            talk.last_error = REMINDER
        talk.messages += [{"role": "user", "content": answers or [_text(REMINDER)]}]
        return None

    def _used_up(self, talk: _Talk) -> str | None:
        settings = self._settings
        if talk.wrong_forms >= FORM_TRIES:
            return BY_SUBTYPE["error_max_structured_output_retries"]
        if talk.cost >= settings.analysis_max_budget_usd:
            return BY_SUBTYPE["error_max_budget_usd"]
        if talk.tokens >= settings.analysis_max_tokens:
            return spent(settings.analysis_max_tokens)
        return None

    async def _result(
        self, use: dict[str, Any], talk: _Talk, reader: ProjectReader
    ) -> dict[str, Any]:
        if use.get("name") == SUBMIT:
            text, wrong = talk.last_error, True
        else:
            text, wrong = await reader.use(str(use.get("name")), use.get("input"))
        return {
            "type": "tool_result",
            "tool_use_id": use.get("id"),
            "content": text,
            "is_error": wrong,
        }


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _sendable(reply: Reply) -> list[dict[str, Any]]:
    """The blocks as the API takes them back: thoughts to the letter, no empty texts."""
    return [block for block in reply.content if block.get("type") != "text" or block.get("text")]


def _with_last_words(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    *before, newest = messages
    return [*before, {**newest, "content": [*newest["content"], _text(LAST_TURN)]}]


def _cached(text: str) -> dict[str, Any]:
    return {**_text(text), "cache_control": {"type": "ephemeral"}}
