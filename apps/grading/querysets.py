"""Every question asked about grades."""

from datetime import timedelta
from typing import Self

from django.db.models import Exists, ExpressionWrapper, F, OuterRef
from django.db.models.fields import DurationField

from apps.core.append_only import AppendOnlyQuerySet
from apps.rulebook.settlement import Outcome

# Outcomes that are bets: a push counts with zero return, void and ungradeable do not.
BETS = (
    Outcome.WIN.value,
    Outcome.HALF_WIN.value,
    Outcome.PUSH.value,
    Outcome.HALF_LOSS.value,
    Outcome.LOSS.value,
)


class GradeQuerySet(AppendOnlyQuerySet):
    def current(self) -> Self:
        """The last word on each pick: the revision that no other follows."""
        following = self.model._default_manager.filter(
            pick=OuterRef("pick"), revision_no=OuterRef("revision_no") + 1
        )
        return self.filter(~Exists(following))

    def first_words(self) -> Self:
        """The first grade of each pick: what the promise of punctuality is about."""
        return self.filter(revision_no=1)

    def bets(self) -> Self:
        """What stays in the denominator."""
        return self.filter(outcome__in=BETS)

    def ungradeable(self) -> Self:
        return self.filter(outcome=Outcome.UNGRADEABLE)

    def overridden(self) -> Self:
        return self.filter(source="OPERATOR")

    def with_delay(self) -> Self:
        """Annotate ``delay``: how long after the provider's final it was written."""
        delay = ExpressionWrapper(F("graded_at") - F("final_at"), output_field=DurationField())
        return self.filter(final_at__isnull=False).annotate(delay=delay)

    def within(self, promise: timedelta) -> Self:
        """Written no later than promised after the final."""
        return self.with_delay().filter(delay__lte=promise)


class ParlayGradeQuerySet(AppendOnlyQuerySet):
    def current(self) -> Self:
        """The last word on each parlay: the revision that no other follows."""
        following = self.model._default_manager.filter(
            parlay=OuterRef("parlay"), revision_no=OuterRef("revision_no") + 1
        )
        return self.filter(~Exists(following))
