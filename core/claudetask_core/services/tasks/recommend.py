"""Which of the project's agents fits a task best, by what its description says it is for.

A task's column comes first: what waits to be reviewed is for an agent that reviews, whoever would
have built it. Such an agent says so in its name, in the first words of its description, or by the
column's own name there; a word anywhere in the description does not count, as who builds speaks of
tests and reviews too. Under review no other is named; being tested or studied, the words decide
where no agent is for that.
"""

from collections.abc import Sequence
from functools import cache
from typing import Final, Protocol

from claudetask_core.errors import DomainError
from claudetask_core.schemas.agent import Agent, Recommendation, Scope, Severity
from claudetask_core.schemas.task import Task
from claudetask_core.schemas.workflow import Kind, Workflow
from claudetask_core.search.text.wordlist import words_of
from claudetask_core.services.similar.compare import Comparison, Said, Shared
from claudetask_core.services.similar.rarity import Rarity
from claudetask_core.services.similar.terms import lexicon, terms

LEAST: Final = 0.08
SHARED: Final = 4
COMMON: Final = 0.5
FEW: Final = 3
FIRST_WORDS: Final = 4
STAGES: Final = {
    Kind.ANALYSIS: "analysis analyst analyses plan architect research investigate explore",
    Kind.TESTING: "test qa",
    Kind.REVIEW: "review audit critic",
}
"""The kinds of columns that are somebody's own work, and words for who does it."""
SAYS_LITTLE_ALONE: Final = words_of(
    "keep date look use new name number version web interface page data value list time line part "
    "way thing kind make run work check change problem file set get need help build handle support "
    "follow quality best complex specific"
)
"""Words of agents' descriptions that are no subject: a task that shares only one of them is not
the agent's business. One that is in the agent's name is."""
NOT_TELLING: Final = frozenset({"agent", "task", "code", "claud", "project", "proactive"})


class Agents(Protocol):
    async def find(self) -> list[Agent]: ...


class RecommendService:
    """Names an agent for a task.

    Args:
        agents: Lists the agents there are.
        workflow: What the columns are for.
    """

    def __init__(self, agents: Agents, workflow: Workflow) -> None:
        self._agents = agents
        self._workflow = workflow

    async def agent_for(self, task: Task) -> Recommendation | None:
        """The agent that fits best and why; None where none does, or none can be read."""
        try:
            agents = await self._agents.find()
        except DomainError:
            return None
        kind = self._workflow.kind(task.status)
        for_it = [one for one in agents if _is_usable(one) and is_for(one, kind, task.status)]
        if for_it:
            fit = best(task, for_it)
            chosen = fit.name if fit else min(agent.name for agent in for_it)
            return Recommendation(name=chosen, reason=f"the task is in {task.status}")
        return None if kind is Kind.REVIEW else best(task, agents)


def is_for(agent: Agent, kind: Kind | None, column: str) -> bool:
    """Whether the agent does what this kind of column is for; of most kinds any agent may."""
    if kind is None or kind not in STAGES:
        return False
    wanted = terms(STAGES[kind]).keys()
    first = " ".join(agent.description.split()[:FIRST_WORDS])
    return column in agent.description or not wanted.isdisjoint(terms(f"{agent.name} {first}"))


def best(task: Task, agents: Sequence[Agent]) -> Recommendation | None:
    """Of the project's working agents the one whose description says most of the task's words."""
    usable = [agent for agent in agents if _is_usable(agent)]
    if not usable:
        return None
    texts = [f"{agent.name} {agent.description}" for agent in usable]
    rarity = Rarity.of(texts)
    criteria = " ".join(criterion.text for criterion in task.acceptance_criteria)
    rest = f"{task.type} {task.description} {criteria} {' '.join(task.related_files)}"
    compared = Comparison(Said.of(task.title, rest), [Said.of(text) for text in texts], rarity)
    order = sorted(range(len(usable)), key=lambda n: (-compared.share(n), usable[n].name))
    for place in order:
        if compared.share(place) < LEAST:
            return None
        shared = [pair for pair in compared.telling(place) if _tells(pair, rarity)]
        if len(shared) > 1 or any(_tells_alone(pair, usable[place].name) for pair in shared):
            said = ", ".join(pair.there or pair.here for pair in shared[:SHARED])
            return Recommendation(name=usable[place].name, reason=f"it is for {said}")
    return None


def _is_usable(agent: Agent) -> bool:
    broken = any(problem.severity is Severity.ERROR for problem in agent.problems)
    return agent.scope is not Scope.USER and not broken


def _tells_alone(pair: Shared, name: str) -> bool:
    return pair.term not in _little() or pair.term in terms(name)


@cache
def _little() -> frozenset[str]:
    phrases = ("up to date", "look for")
    return frozenset(term for said in (*SAYS_LITTLE_ALONE, *phrases) for term in terms(said))


def _tells(pair: Shared, rarity: Rarity) -> bool:
    """Whether a shared word says something about one agent, and not about agents."""
    if pair.term in lexicon().plain or pair.term in NOT_TELLING:
        return False
    return rarity.tasks < FEW or rarity.share(pair.term) <= COMMON
