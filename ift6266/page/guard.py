"""What lies before the page: it refuses foreign hosts and origins, and adds headers of security."""

import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

HEADERS = {
    'Content-Security-Policy': "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cache-Control': 'no-store',  # else the browser keeps photographs on the disk
}


class Guard:
    """ASGI middleware that lets requests pass that come from the page itself, or from no page.

    A foreign page reaches a server on this machine by its address, which ``Origin`` tells, or by a
    name of its own that it lets point here (DNS rebinding), which ``Host`` tells: a page is asked
    for by an IP address, by ``localhost`` or by ``host``, which the server was told to listen at.
    """

    def __init__(self, application: ASGIApp, host: str):
        self.application, self.host = application, host.lower()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope['type'] != 'http':
            await self.application(scope, receive, send)
            return

        async def send_guarded(message):
            if message['type'] == 'http.response.start':
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        reason = self.reason_to_refuse(Headers(scope=scope))
        refusal = JSONResponse({'error': reason}, 403) if reason else None
        await (refusal or self.application)(scope, receive, send_guarded)

    def reason_to_refuse(self, headers: Headers) -> str | None:
        """Why a request must not pass, in words; None where it may."""
        host, origin = headers.get('host', ''), headers.get('origin')
        name = hostname(f'//{host}')
        if name not in ('localhost', self.host) and not is_address(name):
            return f'this page is not served under the name {host!r}; ask for it by its address'
        if origin is not None and origin.lower().partition('://')[2] != host.lower():
            return f'requests from other pages, here {origin!r}, are refused'
        return None


def hostname(url: str) -> str:
    """The host in a URL, without its port; '' where there is none."""
    try:
        return urlsplit(url).hostname or ''
    except ValueError:
        return ''


def is_address(name: str) -> bool:
    """Whether a host is an IP address."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
