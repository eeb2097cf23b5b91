"""What a page that is asked in a way it does not know answers: whom to call, as every page does."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from surveys.patient.views import bad_request


class NoPageIsEmpty:
    """Puts a page into the bare 405, with the same status and the methods that are allowed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and not response.content:
            response.content = bad_request(request).content
        return response
