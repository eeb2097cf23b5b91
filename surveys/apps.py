from django.apps import AppConfig
from django.core.checks import Tags, register

from surveys import checks


class Surveys(AppConfig):
    name = "surveys"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        register(checks.settings_are_complete, Tags.security)
        register(checks.library_is_fit, Tags.database)
        register(checks.rooms_are_ours, Tags.compatibility)
        register(checks.instruments_are_permitted, Tags.compatibility)
