"""The figures of this server, for a monitoring system."""

from fastapi import Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from claudetask_api import routing
from claudetask_api.dependencies import CoreDep

router = routing.router(tag="server")


@router.get(
    "/metrics",
    summary="What is counted, in the text format of Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}},
)
async def metrics(core: CoreDep, request: Request) -> Response:
    text = request.app.state.metrics.text(await core.status())
    return Response(text, media_type=CONTENT_TYPE_LATEST)
