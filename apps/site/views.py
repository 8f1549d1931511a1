"""The pages of a tenant's host; what each shows is read in a module of its own."""

from typing import Any, ClassVar
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from apps.core.canonical import encode
from apps.governance import rollouts
from apps.grading.models import Grade
from apps.picks.models import Pick
from apps.site import earlier
from apps.site.cards import read_cards, with_all
from apps.site.ending import ending
from apps.site.how import thresholds
from apps.site.life import life
from apps.site.parlays import ParlayCard, read_parlays
from apps.site.reading import Page, works_for_it
from apps.site.slate import read_slate
from apps.site.sources import chain, proof, read_sources
from apps.site.today import read_board
from apps.site.told_record import read_record


class Today(Page):
    """The board: what stands, the day's games, and the record so far."""

    template: ClassVar[str] = "site/today.html"
    here: ClassVar[str] = "today"
    asks_rollouts: ClassVar[bool] = True

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return self.filled(
            {
                "title": self.place.day(self.at),
                "now": self.place.when(self.at, self.at),
                "zone": self.place.code_at(self.at),
                "board": read_board(self.place, self.at),
                "slate": read_slate(self.place, self.at),
                "record": read_record(self.at, self.place),
                "parlays": self.parlays(),
            }
        )

    def parlays(self) -> list[ParlayCard] | None:
        """None where this tenant's board does not show any yet."""
        if rollouts.BOARD_PARLAYS not in self.request.rollouts:  # type: ignore[attr-defined]
            return None
        return read_parlays(place=self.place, at=self.at)


class OnePick(Page):
    """A published pick: its card, how it ended, its life, and where it comes from."""

    template: ClassVar[str] = "site/pick.html"
    here: ClassVar[str] = "today"

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        found = published(kwargs["pick"])
        [card] = read_cards([found], at=self.at, place=self.place)
        grades = list(grades_of(found))
        return self.filled(
            {
                "title": card.title,
                "card": card,
                "ending": ending(found, grades),
                "days": life(found, grades, place=self.place, at=self.at),
                "chain": chain(found, read_sources(found), place=self.place, at=self.at),
                "recompute": self.recompute_of(found),
            }
        )

    def recompute_of(self, pick: Pick) -> str:
        """Where operators compute it again; empty for everybody else."""
        if not works_for_it(self.request):
            return ""
        return reverse("admin:picks_pick_recompute_this", args=[pick.pk])


class Proof(Page):
    """The same as a file: every identifier, number and hash, for whoever checks it."""

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        found = published(kwargs["pick"])
        told = proof(found, read_sources(found), list(grades_of(found)))
        answer = HttpResponse(encode(told), content_type="application/json")
        answer["Content-Disposition"] = f'attachment; filename="pick-{found.pk}.json"'
        answer["Cache-Control"] = "private, no-cache"
        return answer


class Record(Page):
    """The record so far, and every pick that it is made of, newest game first."""

    template: ClassVar[str] = "site/record_page.html"
    here: ClassVar[str] = "record"

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return self.filled(
            {
                "title": "Record",
                "record": read_record(self.at, self.place),
                "page": earlier.read(
                    self.request.GET.get("page", ""), place=self.place, at=self.at
                ),
            }
        )


class How(Page):
    """What the words and numbers mean, and what a pick has to pass."""

    template: ClassVar[str] = "site/how.html"
    here: ClassVar[str] = "how"

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return self.filled({"title": "How it works", "leagues": thresholds(self.at)})


def published(pk: UUID) -> Pick:
    """Find a pick that was published once; nobody outside knows of any other."""
    found = with_all(Pick.objects.seen().filter(pk=pk).select_related("selection", "tracking"))
    if not found:
        raise Http404
    return found[0]


def grades_of(pick: Pick) -> Any:
    return (
        Grade.objects.filter(pick=pick).select_related("settlement_ruleset").order_by("revision_no")
    )
