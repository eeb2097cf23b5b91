from django.apps import AppConfig
from django.core.checks import Tags, register

from reports.clinic import roles


class Reports(AppConfig):
    name = "reports"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        register(roles.every_route_declares_its_roles, Tags.urls)
