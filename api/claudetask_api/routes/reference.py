"""The API's reference in the browser."""

from fastapi import HTTPException, Response
from starlette.responses import HTMLResponse

from claudetask_api import reference, routing
from claudetask_api.dashboard import shell
from claudetask_api.preconditions import Known

router = routing.router()


@router.get("/docs", response_class=HTMLResponse)
async def docs(known: Known) -> Response:
    return shell.answer(reference.files()[reference.INDEX], known, reference.POLICY)


@router.get("/docs/{name}")
async def docs_file(name: str, known: Known) -> Response:
    file = reference.files().get(name)
    if file is None:
        raise HTTPException(404)
    return shell.answer(file, known, reference.POLICY)
