"""A page that needs a protocol whose file was taken away says which, and what to put back."""

from django.http import HttpRequest, HttpResponse

from reports.clinic.pages import page
from reports.clinic.roles import View
from surveys.in_use import ProtocolGone


class SaysWhichProtocolIsGone:
    """In place of an error page, to whoever is signed in. Every other page opens as ever."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, fault: Exception) -> HttpResponse | None:
        if not isinstance(fault, ProtocolGone) or not request.user.is_authenticated:
            return None
        return page(request, "protocol_gone.html", here="", status=503, name=fault.name)
