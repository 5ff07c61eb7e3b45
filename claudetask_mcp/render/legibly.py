"""What every rendering is given: others' words with nothing hidden in them."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from claudetask_core.schemas.legible import legible

P = ParamSpec("P")


def legibly(render: Callable[P, str]) -> Callable[P, str]:
    """Has a rendering work with printable texts alone, so that its budget counts what is shown."""

    @wraps(render)
    def rendered(*args: P.args, **kwargs: P.kwargs) -> str:
        return render(*legible(args), **legible(kwargs))

    return rendered
