"""A weekly form outside the plan, and the addresses at which the clinic collects answers."""

from uuid import uuid4

from django.urls import reverse


def page(course, name, **more) -> str:
    return reverse(name, kwargs={"ref": course.patient.ref, **more})


def typed(course, mode, form) -> str:
    return page(course, "typed", mode=mode, form=form)


def outside(survey="weekly") -> str:
    return f"{survey}.{uuid4()}"


def answers(choice=1, item_nine=0, **more) -> dict:
    given = {f"phq9.{n}": str(choice) for n in range(1, 9)}
    return {**given, "phq9.9": str(item_nine), "phq9.10": "0", **more}
