"""The server's span of a request: it begins the trace of a job, or goes on with the client's."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from headway.base.words import bounded
from headway.tracing.context import TRACEPARENT, TRACESTATE, extract
from headway.tracing.spans import Kind, Span, Spans

_SERVER_ERROR = 500
_MOST_PATH_CHARACTERS = 500


class Traced:
    """*app*, with a span around each POST; what is only asked is not traced."""

    def __init__(self, app: ASGIApp, spans: Spans) -> None:
        self._app = app
        self._spans = spans

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        names = {TRACEPARENT.encode(), TRACESTATE.encode()}
        parent = extract([(n.decode(), value) for n, value in scope["headers"] if n in names])
        asked = {"http.request.method": "POST", "url.scheme": scope["scheme"]}
        path = bounded(scope["path"], _MOST_PATH_CHARACTERS)
        span = self._spans.start("POST", Kind.SERVER, parent, asked | {"url.path": path})

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                _tell(span, scope, message["status"])
            await send(message)

        try:
            with span.current():
                await self._app(scope, receive, answer)
        finally:
            span.end()


def _tell(span: Span, scope: Scope, status: int) -> None:
    span.tell({"http.response.status_code": status})
    if route := getattr(scope.get("route"), "path", ""):
        span.rename(f"POST {route}")
        span.tell({"http.route": route})
    if status >= _SERVER_ERROR:
        span.fail(str(status))
