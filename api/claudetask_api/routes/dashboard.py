"""The board in the browser."""

from fastapi import HTTPException, Response
from starlette.responses import HTMLResponse

from claudetask_api import routing
from claudetask_api.dashboard import shell
from claudetask_api.preconditions import Known

router = routing.router(tag="server")


@router.get("/", response_class=HTMLResponse, summary="The board, for people")
async def home(known: Known) -> Response:
    return shell.answer(shell.files()[shell.INDEX], known)


@router.get("/dashboard/{name:path}", include_in_schema=False)
async def dashboard_file(name: str, known: Known) -> Response:
    file = shell.files().get(name)
    if file is None:
        raise HTTPException(404)
    return shell.answer(file, known)
