"""The MCP server: what it is, what it offers, and its own words for what goes wrong."""

from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from mcp.server import MCPServer
from mcp.server.lowlevel import NotificationOptions
from mcp.server.lowlevel import Server as LowLevelServer
from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import (
    ResourceNotFoundError,
    ToolError,
    UnexpectedResourceError,
)
from mcp.server.mcpserver.tools import Tool
from mcp.types import (
    CallToolResult,
    CompleteRequestParams,
    GetPromptResult,
    InputRequiredResult,
    SubscribeRequestParams,
    SubscriptionsListenRequestParams,
    UnsubscribeRequestParams,
)

from claudetask_core import __version__
from claudetask_core.errors import DomainError
from claudetask_core.schemas.workflow import DEFAULT, Workflow
from claudetask_mcp import errors
from claudetask_mcp.access import Access
from claudetask_mcp.app import App, note_call, visit
from claudetask_mcp.completions import complete
from claudetask_mcp.instructions import INSTRUCTIONS
from claudetask_mcp.observe import Counted, Observe
from claudetask_mcp.prompts import add_prompts
from claudetask_mcp.rate_limit import RateLimit
from claudetask_mcp.resources import FIXED, TEMPLATES, add_resources
from claudetask_mcp.session import LazyCore, Opener
from claudetask_mcp.subscriptions import Subscribers
from claudetask_mcp.tool import worded
from claudetask_mcp.tools.catalogue import CATALOGUE, SCOPES
from claudetask_mcp.warm_up import WarmUp
from claudetask_mcp.whole_lists import whole_lists

NAME = "claudetask"
NUMBERS = frozenset({"integer", "number"})


class Server(MCPServer[App]):
    """`MCPServer` with words of our own for what goes wrong in a call or a reading."""

    def __init__(self, tools: Sequence[Tool], subscribers: Subscribers, **options: Any) -> None:
        super().__init__(NAME, tools=list(tools), subscriptions=subscribers.bus, **options)
        self._subscribers = subscribers
        self._tools = {tool.name: tool for tool in tools}

    @property
    def low(self) -> LowLevelServer[App]:
        """The server below, which has no public name."""
        return self._lowlevel_server

    def end_streams(self) -> None:
        """Ends what newer clients listen to, in order; call it on the event loop."""
        self._subscribers.listening.close()

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[App, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Carries out a call; a failure is an `isError` answer that names the next step."""
        tool = self._tools.get(name)
        if tool is None:
            return errors.unknown_tool(name, self._tools)
        accepted: dict[str, Any] = tool.parameters["properties"]
        strange = [key for key in arguments if key not in accepted]
        if strange:
            return errors.unknown_arguments(name, strange, accepted)
        truths = [key for key, value in arguments.items() if isinstance(value, bool)]
        if wrong := [key for key in truths if accepted[key].get("type") in NUMBERS]:
            return errors.no_number(name, wrong[0], value=arguments[wrong[0]])
        present = {key: value for key, value in arguments.items() if value is not None}
        try:
            answer = await super().call_tool(name, present, context)
        except ToolError as error:
            return errors.failure(name, error.__cause__ or error)
        if context is not None:
            await note_call(context, present.get("agent"))
        return answer

    async def get_prompt(
        self,
        name: str,
        arguments: dict[str, Any] | None = None,
        context: Context[App, Any] | None = None,
    ) -> GetPromptResult | InputRequiredResult:
        """Fills a prompt; what it does not take is a protocol error that says what it does."""
        known = {prompt.name: prompt.arguments or [] for prompt in await self.list_prompts()}
        if name not in known:
            raise errors.unknown_prompt(name, known)
        takes = [argument.name for argument in known[name]]
        needs = [argument.name for argument in known[name] if argument.required]
        given = set(arguments or {})
        if not set(needs) <= given <= set(takes):
            raise errors.prompt_arguments(name, takes)
        return await super().get_prompt(name, arguments, context)

    async def read_resource(
        self, uri: Any, context: Context[App, Any] | None = None
    ) -> Iterable[ReadResourceContents] | InputRequiredResult:
        """Reads a resource; a failure is a protocol error that names the next step.

        A resource without parameters gets no context from the SDK, so it is read here.
        """
        fixed = FIXED.get(str(uri))
        try:
            if fixed is None or context is None:
                return await super().read_resource(uri, context)
            content = await fixed.read(await visit(context))
        except ResourceNotFoundError:
            raise errors.unknown_resource(str(uri), [*FIXED, *TEMPLATES]) from None
        except DomainError as error:
            raise errors.protocol_error(error, uri=str(uri)) from None
        except UnexpectedResourceError as error:
            if isinstance(error.__cause__, DomainError):
                raise errors.protocol_error(error.__cause__, uri=str(uri)) from None
            raise
        return [ReadResourceContents(content=content, mime_type=fixed.mime_type)]


def build_server(
    opener: Opener,
    *,
    process: Callable[[], str],
    limit: RateLimit,
    workflow: Workflow = DEFAULT,
    counted: Counted | None = None,
) -> Server:
    """The server with all it offers; the core is neither opened nor its inside imported.

    Args:
        opener: Opens the core, when it is first needed.
        process: Says the caller's name where the transport knows none.
        limit: Counts the tool calls.
        workflow: Whose statuses the tools offer.
        counted: Who is told of each call of a tool.
    """
    subscribers = Subscribers()
    lazy = LazyCore(opener, subscribers.follow)

    @asynccontextmanager
    async def lifespan(_: MCPServer[App]) -> AsyncGenerator[App]:
        app = App(lazy, process)
        async with lazy:
            try:
                yield app
            finally:
                subscribers.leave(app.run)

    tools = [spec.build(workflow) for spec in CATALOGUE]
    server = Server(
        tools,
        subscribers,
        title="ClaudeTask",
        version=__version__,
        instructions=worded(INSTRUCTIONS, workflow),
        lifespan=lifespan,
        log_level="WARNING",
        middleware=[
            WarmUp(lazy, subscribers),
            Observe([tool.name for tool in tools], counted),
            limit,
            whole_lists,
            Access(SCOPES),
        ],
    )
    add_resources(server)
    add_prompts(server)
    server.low.add_request_handler("completion/complete", CompleteRequestParams, complete)
    _declare_notifications(server.low, subscribers)
    return server


def _declare_notifications(low: LowLevelServer[App], subscribers: Subscribers) -> None:
    """Makes clients of the 2025 era listen.

    `MCPServer` tells them that it neither notifies nor lets them subscribe, and has no switch for
    it; they then ignore what is sent.
    """
    options = NotificationOptions(prompts_changed=True, resources_changed=True, tools_changed=True)
    declared = partial(low.create_initialization_options, options)
    low.create_initialization_options = declared  # pyright: ignore[reportAttributeAccessIssue] — callers pass nothing
    low.add_request_handler("resources/subscribe", SubscribeRequestParams, subscribers.subscribe)
    low.add_request_handler(
        "resources/unsubscribe", UnsubscribeRequestParams, subscribers.unsubscribe
    )
    low.add_request_handler(
        "subscriptions/listen", SubscriptionsListenRequestParams, subscribers.listen
    )
