"""Whose data a member of staff may reach, once their role has opened the page."""

from django.db.models import Q, QuerySet

from surveys.models import Alert, Patient, Staff


def readable(staff: Staff) -> QuerySet[Patient]:
    """Patients whose answers this person may read.

    A lead reads all. A clinician reads their own and, until it is closed, the patient of an alert
    they are on call for or were told about: whoever is asked to act must see what it is about.
    """
    if staff.role != "clinician":
        return treated(staff)
    alarming = Alert.objects.exclude(state="closed")
    if not staff.on_call:
        alarming = alarming.filter(messages__staff=staff)
    return Patient.objects.filter(Q(clinician=staff) | Q(pk__in=alarming.values("patient")))


def treated(staff: Staff) -> QuerySet[Patient]:
    """Patients this person decides about: their own, a lead all."""
    if staff.role == "lead":
        return Patient.objects.all()
    if staff.role == "clinician":
        return Patient.objects.filter(clinician=staff)
    return Patient.objects.none()


def bookable(staff: Staff) -> QuerySet[Patient]:
    """Patients whose contact, sessions and mail this person looks after; no answers."""
    return Patient.objects.all() if staff.role == "front_desk" else treated(staff)


def alerts(staff: Staff) -> QuerySet[Alert]:
    """Every alert of a patient this person may read."""
    return Alert.objects.filter(patient__in=readable(staff))
