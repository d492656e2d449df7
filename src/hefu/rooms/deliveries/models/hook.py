"""Where an office has alarms sent, and what became of each."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from hefu.kernel.words import Sentence, read_back
from hefu.rooms.deliveries.terms.hooks import CALL_STATE_NAMES, CAUSE_NAMES, LONGEST_URL, CallState, Cause


class Hook(models.Model):
    """One address of an office. What alarms are signed with is sealed, and shown once."""

    id = models.UUIDField(primary_key=True)
    department = models.ForeignKey("parties.Department", on_delete=models.PROTECT, related_name="+")
    url = models.CharField(max_length=LONGEST_URL)
    causes = ArrayField(models.CharField(max_length=12), help_text="What it is told of.")
    sealed = models.TextField(help_text="The secret, under the node's master key.")
    added_by = models.CharField(max_length=80)
    added_by_name = models.CharField(max_length=80)
    added_at = models.DateTimeField()
    dropped_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["added_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(causes__contained_by=sorted(one.value for one in Cause)), name="hook_causes"
            )
        ]

    def __str__(self) -> str:
        """Return the address."""
        return self.url


class HookCall(models.Model):
    """One alarm on its way to one address."""

    id = models.UUIDField(primary_key=True)
    hook = models.ForeignKey(Hook, on_delete=models.PROTECT, related_name="calls")
    cause = models.CharField(max_length=12)
    body = models.TextField(help_text="As it is sent; no value of a row.")
    state = models.CharField(max_length=8, default=CallState.WAITING.value)
    tries = models.PositiveSmallIntegerField(default=0)
    made_at = models.DateTimeField()
    next_try_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    answer = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Status of the last answer.")
    error_text = models.TextField(blank=True, help_text="Why the last try failed; key of its translation.")
    error_facts = models.JSONField(default=dict)

    class Meta:
        ordering = ["-made_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=sorted(one.value for one in CallState)), name="hook_call_state"
            ),
        ]
        indexes = [
            models.Index(fields=["hook", "-made_at"], name="hook_call_made"),
            models.Index(fields=["next_try_at"], condition=Q(state="waiting"), name="hook_call_due"),
        ]

    def __str__(self) -> str:
        """Return what it is about."""
        return f"{self.cause} to {self.hook_id}"

    @property
    def cause_name(self) -> str:
        """Return what it is about in words, to be translated."""
        return CAUSE_NAMES[Cause(self.cause)]

    @property
    def state_name(self) -> str:
        """Return where it stands in words, to be translated."""
        return CALL_STATE_NAMES[CallState(self.state)]

    @property
    def error(self) -> str:
        """Return why the last try failed, in English; surfaces translate."""
        facts = {name: read_back(fact) for name, fact in self.error_facts.items()}
        return Sentence(self.error_text, **facts) if self.error_text else ""
