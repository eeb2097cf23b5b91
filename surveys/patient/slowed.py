"""Too many posts in a minute: a plain page that says when to go on, and whom to call meanwhile.

Whoever answers loses nothing to it. A form that is complete, or in which anybody at the clinic must
see an answer, is taken however often was posted; of any other the page comes back as it was filled
in. What opens nothing is counted by address, so that many people behind one are never kept from
their own links.
"""

from django.http import HttpRequest, HttpResponse

from surveys.pace import count, neighbourhood
from surveys.patient.pages import Office, bare


def slowed(request: HttpRequest, seconds: int, us: Office | None = None) -> HttpResponse:
    return retry_after(bare(request, "slowed.html", 429, us), seconds)


def retry_after(response: HttpResponse, seconds: int) -> HttpResponse:
    response["Retry-After"] = str(seconds)
    return response


def unless_too_many(request: HttpRequest, page: HttpResponse) -> HttpResponse:
    """What a stranger is shown. Only posts are counted: reading changes nothing and is free."""
    if request.method != "POST":
        return page
    seconds = count("stranger", neighbourhood(request))
    return slowed(request, seconds) if seconds else page
