"""A HEAD is answered with a GET's headers and nothing after them."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class HeadHasNoBody:
    """First in the row, so that the length another middleware counted still stands."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method == "HEAD":
            if response.streaming:
                response.streaming_content = []
            else:
                response.content = b""
        return response
