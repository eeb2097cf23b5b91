"""A site with one route that forgot to say who may open it: the negative control."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from reports.clinic.roles import open_to, open_to_anyone


def answers(request: HttpRequest) -> HttpResponse:
    return HttpResponse("everybody's answers")


@open_to("lead")
def for_the_lead(request: HttpRequest) -> HttpResponse:
    return HttpResponse("for the lead")


@open_to_anyone
def for_anyone(request: HttpRequest) -> HttpResponse:
    return HttpResponse("for anyone")


inner = [path("answers/", answers), path("lead/", for_the_lead)]
urlpatterns = [path("inner/", include(inner)), path("anyone/", for_anyone)]
