"""The gateway as an ASGI application: which part answers which request."""

from multibo.gateway import asgi
from multibo.gateway.admission import Admission
from multibo.gateway.grpc_web import CONTENT_TYPES, PATH, GrpcWeb
from multibo.gateway.images import SignedImages
from multibo.gateway.static_files import StaticFiles


class Gateway:
    """Page, gRPC-Web, signed images and health under one origin."""

    def __init__(
        self,
        admission: Admission,
        grpc_web: GrpcWeb,
        page: StaticFiles,
        images: SignedImages | None = None,
    ) -> None:
        """Compose the parts.

        Args:
            admission: host and origin rules.
            grpc_web: relays calls to the optimizer.
            page: files of the page.
            images: answers signed URLs; None where there are none.
        """
        self._admission = admission
        self._grpc_web = grpc_web
        self._page = page
        self._images = images

    async def __call__(
        self, scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send
    ) -> None:
        """Answer one request.

        Args:
            scope: ASGI connection scope.
            receive: ASGI receive.
            send: ASGI send.
        """
        if scope["type"] != "http":  # no websockets; lifespan is off
            return
        headers = self._admission.headers(scope)
        if not self._admission.host_allowed(scope):
            text = "this host name is not served; see MULTIBO_GATEWAY_HOSTS"
            await asgi.respond_text(send, 421, text, headers)
        elif PATH.fullmatch(scope["path"]):
            await self._call(scope, receive, send, headers)
        else:
            await self._get(scope, send, headers)

    async def _call(
        self,
        scope: asgi.Scope,
        receive: asgi.Receive,
        send: asgi.Send,
        headers: asgi.Headers,
    ) -> None:
        if not self._admission.origin_allowed(scope):
            await asgi.respond_text(send, 403, "this origin may not call", headers)
        elif scope["method"] == "OPTIONS":
            preflight = self._admission.headers(scope, preflight=True)
            await asgi.respond(send, 204, preflight)
        elif scope["method"] != "POST":
            allow = ((b"allow", b"POST, OPTIONS"), *headers)
            await asgi.respond_text(send, 405, "gRPC-Web calls are POST", allow)
        elif asgi.header(scope, b"content-type") not in CONTENT_TYPES:
            # Anything else could be sent by a foreign page without a preflight.
            text = "the content type must be application/grpc-web+proto"
            await asgi.respond_text(send, 415, text, headers)
        else:
            await self._grpc_web(scope, receive, send, headers)

    async def _get(
        self, scope: asgi.Scope, send: asgi.Send, headers: asgi.Headers
    ) -> None:
        if scope["method"] not in ("GET", "HEAD"):
            await asgi.respond_text(send, 405, "GET only", headers)
        elif scope["path"] == "/healthz":
            await asgi.respond_text(send, 200, "ok", headers)
        elif scope["path"] in self._page:
            await self._page(scope, send, headers)
        elif self._images is not None and scope["path"] in self._images:
            await self._images(scope, send, headers)
        else:
            await asgi.respond_text(send, 404, "not found", headers)
