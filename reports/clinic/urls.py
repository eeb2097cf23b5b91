"""Every address of the site: the clinic's door here, the patient's door included."""

from django.urls import include, path

from reports.clinic import (
    alerts,
    caseload,
    cohort,
    collect,
    desk,
    entrance,
    history,
    methods,
    packets,
    patient,
    pin,
    plan,
    rating,
    sessions,
    typed_before,
)

PATIENT = "patients/<uuid:ref>/"

urlpatterns = [
    path("", entrance.home, name="home"),
    path("sign-in/", entrance.sign_in, name="sign_in"),
    path("sign-out/", entrance.sign_out, name="sign_out"),
    path("typed-before/", typed_before.typed_before, name="typed_before"),
    path("week/", caseload.week, name="week"),
    path("week/packet/", packets.packet, name="packet"),
    path("week/packet/<int:number>.pdf", packets.packet_pdf, name="packet_pdf"),
    path("methods/", methods.methods, name="methods"),
    path("cohort/", cohort.cohort, name="cohort"),
    path("patients/", caseload.patients, name="patients"),
    path(PATIENT, patient.patient, name="patient"),
    path(f"{PATIENT}reports/<int:number>/", patient.report, name="report"),
    path(f"{PATIENT}reports/<int:number>.pdf", patient.report_pdf, name="report_pdf"),
    path("alerts/", alerts.alerts, name="alerts"),
    path("alerts/<int:number>/", alerts.alert, name="alert"),
    path("alerts/<int:number>/acknowledge/", alerts.acknowledge, name="acknowledge"),
    path("alerts/<int:number>/outcome/", alerts.close, name="close_alert"),
    path("front-desk/", desk.front_desk, name="front_desk"),
    path("front-desk/enrol/", desk.enrolment, name="enrolment"),
    path(f"{PATIENT}rate/<slug:instrument>/", rating.rating, name="rating"),
    path(f"{PATIENT}history/", history.history, name="history"),
    path(f"{PATIENT}history/<uuid:key>/", history.edit_history, name="edit_history"),
    path(f"{PATIENT}answers/", collect.collect, name="collect"),
    path(f"{PATIENT}answers/tablet/", collect.tablet, name="tablet"),
    path(f"{PATIENT}answers/<str:mode>/<str:form>/", collect.typed, name="typed"),
    path(f"{PATIENT}plan/", plan.plan, name="plan"),
    path(f"{PATIENT}protocol/", plan.protocol, name="protocol"),
    path(f"{PATIENT}contact/", desk.contact, name="contact"),
    path(f"{PATIENT}status/", desk.status, name="status"),
    path(f"{PATIENT}mail-again/", desk.mail_again, name="mail_again"),
    path(f"{PATIENT}pin/", pin.pin, name="pin"),
    path(f"{PATIENT}doubt/", desk.doubt, name="doubt"),
    path(f"{PATIENT}sessions/new/", sessions.new_session, name="new_session"),
    path(f"{PATIENT}sessions/<uuid:key>/", sessions.edit_session, name="edit_session"),
    path("", include("surveys.patient.urls")),
    path("", include("surveys.webhook")),
]

handler400 = "surveys.patient.views.bad_request"
handler403 = "surveys.patient.views.forbidden"
handler404 = "surveys.patient.views.not_found"
handler500 = "surveys.patient.views.server_error"
