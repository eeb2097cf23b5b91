"""Who is held first: patient, course, surveys, alert, mail, links; events last.

Every verb takes its rows in this order, several of one table by their number, so that no two ever
wait for each other in a circle. An event is written when nothing more needs to be held: the chain
has one head for everybody. Rows are held without their keys (`no_key`): who only
points at a patient need not wait.
"""

from collections.abc import Iterable

from surveys.models import Alert, Course, Message, Occurrence, Patient


def held_message(message_id: int) -> Message:
    """The message with its patient, survey and alert, held until the transaction ends.

    A discharge or a cancelled session committed before a claim wins; one after it finds a mail on
    its way.
    """
    told = Message.objects.values("patient_id", "occurrence_id", "alert_id").get(pk=message_id)
    for rows, pk in (
        (Patient.objects, told["patient_id"]),
        (Occurrence.objects, told["occurrence_id"]),
        (Alert.objects, told["alert_id"]),
    ):
        list(rows.select_for_update(no_key=True).filter(pk=pk).values_list("pk"))
    mail = Message.objects.select_for_update(of=("self",), no_key=True)
    return mail.select_related("occurrence__course__patient", "alert", "staff").get(pk=message_id)


def hold_patient(patient: Patient) -> None:
    """The patient with the courses and every survey of theirs."""
    list(Patient.objects.select_for_update(no_key=True).filter(pk=patient.pk).values_list("pk"))
    hold_courses(patient.courses.values_list("pk", flat=True))


def hold_courses(pks: Iterable[int]) -> None:
    pks = list(pks)
    courses = Course.objects.filter(pk__in=pks).order_by("pk")
    list(courses.select_for_update(no_key=True).values_list("pk"))
    surveys = Occurrence.objects.filter(course__in=pks).order_by("pk")
    list(surveys.select_for_update(of=("self",), no_key=True).values_list("pk"))
