"""Which of the project's agents fits a task best, by what its description says it is for."""

from collections.abc import Sequence
from typing import Final, Protocol

from claudetask_core.errors import DomainError
from claudetask_core.schemas.agent import Agent, Recommendation, Scope, Severity
from claudetask_core.schemas.task import Task
from claudetask_core.services.similar_compare import Comparison, Said, Shared
from claudetask_core.services.similar_rarity import Rarity
from claudetask_core.services.similar_terms import lexicon

LEAST: Final = 0.08
SHARED: Final = 4
COMMON: Final = 0.5
FEW: Final = 3
NOT_TELLING: Final = frozenset({"agent", "task", "code", "claud", "project", "proactive"})


class Agents(Protocol):
    async def find(self) -> list[Agent]: ...


class RecommendService:
    """Names an agent for a task.

    Args:
        agents: Lists the agents there are.
    """

    def __init__(self, agents: Agents) -> None:
        self._agents = agents

    async def agent_for(self, task: Task) -> Recommendation | None:
        """The agent that fits best and why; None where none does, or none can be read."""
        try:
            agents = await self._agents.find()
        except DomainError:
            return None
        return best(task, agents)


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
        if shared:
            said = ", ".join(pair.there or pair.here for pair in shared[:SHARED])
            return Recommendation(name=usable[place].name, reason=f"it is for {said}")
    return None


def _is_usable(agent: Agent) -> bool:
    broken = any(problem.severity is Severity.ERROR for problem in agent.problems)
    return agent.scope is not Scope.USER and not broken


def _tells(pair: Shared, rarity: Rarity) -> bool:
    """Whether a shared word says something about one agent, and not about agents."""
    if pair.term in lexicon().plain or pair.term in NOT_TELLING:
        return False
    return rarity.tasks < FEW or rarity.share(pair.term) <= COMMON
