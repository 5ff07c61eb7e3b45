"""Who calls, and the tokens of all who may."""

from typing import Annotated

from fastapi import Path, Response

from claudetask_api import routing
from claudetask_api.dependencies import CoreDep, HeaderActor, WhoAsks, actor
from claudetask_api.openapi import answers
from claudetask_core.schemas.token import Me, Token, TokenCreate, TokenMade, TokenScope

router = routing.router("/api", tag="access")


@router.get("/me", summary="Whose token this is, and what it may do")
async def get_me(identity: WhoAsks) -> Me:
    if identity is None:
        return Me(name=None, scope=TokenScope.ADMIN, signed_in=False)
    return Me(name=identity.name, scope=identity.scope, signed_in=True)


@router.get("/tokens", summary="The tokens, without their secrets")
async def list_tokens(core: CoreDep) -> list[Token]:
    return await core.tokens.find()


@router.post(
    "/tokens",
    status_code=201,
    summary="Make a token; its secret is in this answer and nowhere else",
    responses=answers(409),
)
async def create_token(core: CoreDep, body: TokenCreate, named: HeaderActor) -> TokenMade:
    return await core.tokens.create(body, actor(None, named))


@router.delete(
    "/tokens/{name}",
    status_code=204,
    response_class=Response,
    summary="End a token for good",
    responses=answers(404),
)
async def revoke_token(
    core: CoreDep,
    name: Annotated[str, Path(examples=["ann"], description="Its name.")],
    named: HeaderActor,
) -> None:
    await core.tokens.revoke(name, actor(None, named))
