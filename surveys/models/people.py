"""Those who work here and those who are asked."""

import uuid
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Upper


class StaffManager(BaseUserManager["Staff"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Staff":
        """A member of staff who can sign in once a password is set."""
        staff = self.model(email=email.strip().lower(), **fields)
        staff.set_password(password)
        staff.save(using=self._db)
        return staff

    def get_by_natural_key(self, username: str | None) -> "Staff":
        return self.get(email__iexact=username)


class Staff(AbstractBaseUser):
    """Somebody who works at the clinic. The role decides which pages open."""

    ROLES = [("clinician", "Clinician"), ("lead", "Clinical lead"), ("front_desk", "Front desk")]

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=20, choices=ROLES)
    timezone = models.CharField(max_length=64)
    on_call = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)

    objects = StaffManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name", "role", "timezone"]

    def __str__(self) -> str:
        return self.name


class Patient(models.Model):
    STATUSES = [
        (word, word.replace("_", " ")) for word in ("active", "on_hold", "discharged", "deceased")
    ]
    # the later in this list, the more it says: a bounce never covers up a "not me"
    MAIL_STOPS = [
        ("dropped", "mail withheld by the provider"),
        ("blocked", "mail turned away"),
        ("bounced", "mail bounced"),
        ("complained", "reported our mail as spam"),
        ("stopped", "asked to stop"),
        ("not_me", "not me"),
    ]

    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    code = models.CharField(max_length=40)
    given_name = models.CharField(max_length=80)
    family_name = models.CharField(max_length=80)
    email = models.EmailField(blank=True)
    birth_date = models.DateField(null=True, blank=True)
    language = models.CharField(max_length=10, default="en")
    timezone = models.CharField(max_length=64)
    clinician = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="patients")
    email_consent_on = models.DateField(null=True, blank=True)
    status = models.CharField(max_length=20, choices=STATUSES, default="active")
    # Why mail no longer reaches this person; cleared when the front desk corrects the address.
    mail_stop = models.CharField(max_length=20, choices=MAIL_STOPS, blank=True, default="")
    # what was heard of mail from before this instant no longer stops any
    mail_again_at = models.DateTimeField(null=True, blank=True)

    # the hash of the PIN agreed in the clinic; empty where none was
    pin = models.CharField(max_length=128, blank=True, default="")
    pin_failures = models.PositiveSmallIntegerField(default=0)
    pin_locked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            # capitals make no other number; by Upper, as `iexact` compares on PostgreSQL
            models.UniqueConstraint(Upper("code"), name="one_patient_of_a_number")
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def initials(self) -> str:
        return f"{self.given_name[:1]}.{self.family_name[:1]}."
