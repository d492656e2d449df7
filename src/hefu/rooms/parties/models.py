"""Tables of departments, people and seats."""

import pghistory
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from hefu.kernel.actor import Role
from hefu.rooms.parties.terms import DepartmentRole


@pghistory.track()
class Department(models.Model):
    """An organisation that takes part, in the tree of the government."""

    id = models.UUIDField(primary_key=True)
    credit_code = models.CharField(max_length=18, unique=True, help_text="Unified social credit code.")
    name = models.CharField(max_length=120)
    short_name = models.CharField(max_length=40, help_text="As people say it: 人社, 市场监管.")
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    place = models.CharField(max_length=12, help_text="Division code.")
    roles = ArrayField(models.CharField(max_length=12))
    phone = models.CharField(max_length=40, blank=True)
    data_office = models.CharField(
        max_length=120, blank=True, default="", help_text="政务数据共享工作机构: the office that answers for its data."
    )
    registered_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(roles__contained_by=[role.value for role in DepartmentRole]), name="department_roles"
            ),
            models.CheckConstraint(condition=Q(credit_code__regex=r"^[0-9A-Z]{18}$"), name="department_credit_code"),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="department_not_own_parent"),
        ]

    def __str__(self) -> str:
        """Return the name."""
        return self.name

    @property
    def is_authority(self) -> bool:
        """Return whether it is the node's data authority."""
        return DepartmentRole.AUTHORITY in self.roles


class PersonManager(BaseUserManager["Person"]):
    """What Django's sign-in asks of the table of people."""

    def get_by_natural_key(self, username: str | None) -> "Person":
        """Return the open person of that sign-in name, in any case."""
        return self.get(username__iexact=username)


class Person(AbstractBaseUser):
    """Somebody who can sign in."""

    id = models.UUIDField(primary_key=True)
    username = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=60)
    email = models.EmailField(blank=True)
    language = models.CharField(max_length=10, default="zh-hans")
    is_active = models.BooleanField(default=True)
    registered_at = models.DateTimeField()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    objects = PersonManager()

    class Meta:
        ordering = ["username"]

    def __str__(self) -> str:
        """Return the name."""
        return self.name


@pghistory.track()
class Seat(models.Model):
    """A person acting for a department in one role."""

    id = models.UUIDField(primary_key=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="seats")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="seats")
    role = models.CharField(max_length=12)
    given_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(role__in=[role.value for role in Role]), name="seat_role"),
            models.UniqueConstraint(
                fields=["person", "department", "role"], condition=Q(ended_at__isnull=True), name="seat_once"
            ),
        ]

    def __str__(self) -> str:
        """Return who sits where."""
        return f"{self.person} · {self.department} · {self.role}"


class Token(models.Model):
    """With it a program acts as its person in one department. Only the digest of its secret is kept."""

    id = models.UUIDField(primary_key=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="tokens")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="tokens")
    name = models.CharField(max_length=60, help_text="What it is for, in its owner's words.")
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the secret.")
    reads_only = models.BooleanField(default=True)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True, help_text="About when it was last used, to the hour.")

    class Meta:
        ordering = ["-issued_at"]
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("issued_at")), name="token_ends"),
            models.CheckConstraint(condition=Q(digest__regex=r"^[0-9a-f]{64}$"), name="token_digest"),
            models.CheckConstraint(condition=~Q(name=""), name="token_named"),
        ]

    def __str__(self) -> str:
        """Return what it is for."""
        return self.name
