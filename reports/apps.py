from django.apps import AppConfig
from django.core.checks import Tags, register

from reports import rules_in_use
from reports.clinic import roles


class Reports(AppConfig):
    name = "reports"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        register(roles.every_route_declares_its_roles, Tags.urls)
        register(rules_in_use.rules_can_be_read, Tags.compatibility)
