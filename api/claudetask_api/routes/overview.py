"""The board as a screen needs it: cards, moves, activity, flow, and texts made ready to show."""

import asyncio
from typing import Annotated

from fastapi import Query
from pydantic import BeforeValidator, Field

from claudetask_api import routing
from claudetask_api.dependencies import CoreDep, only_digits
from claudetask_api.markdown import Nodes, tree
from claudetask_api.schemas import ActivityQuery, BoardQuery, MarkdownPost, Rendered
from claudetask_core.schemas.overview import Activity, ActivityPage, Cards, Columns, Flow
from claudetask_core.schemas.task import TaskFilter

router = routing.router("/api", tag="board")

Days = Annotated[int, Field(ge=1, le=366), BeforeValidator(only_digits), Query()]


@router.get("/workflow", summary="The statuses, and where a task may move from each")
async def get_workflow(core: CoreDep) -> Columns:
    return core.overview.columns()


@router.get("/board", summary="Every task as a card, and the event to watch from")
async def get_board(core: CoreDep, asked: Annotated[BoardQuery, Query()]) -> Cards:
    wanted = TaskFilter(**asked.model_dump(exclude={"ids"}))
    return await core.overview.cards(wanted, asked.numbers())


@router.get("/activity", summary="What changed, newest first")
async def list_activity(core: CoreDep, asked: Annotated[ActivityQuery, Query()]) -> list[Activity]:
    return await core.overview.activity(ActivityPage(**asked.model_dump()))


@router.get("/flow", summary="How many tasks stood where on each day, and how long they stay")
async def get_flow(core: CoreDep, days: Days = 30) -> Flow:
    return await core.flow.over(days)


@router.post("/markdown", summary="Markdown as trees of harmless elements")
async def render_markdown(body: MarkdownPost) -> Rendered:
    return Rendered(documents=await asyncio.to_thread(_trees, body.texts))


def _trees(texts: list[str]) -> list[Nodes]:
    return [tree(text) for text in texts]
