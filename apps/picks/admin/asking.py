"""Asking for a parlay: of the slate's heaviest legs, or of picks that somebody has chosen."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from apps.core import clock, formats
from apps.core.actor import Actor
from apps.core.asking import ask, choice_field
from apps.core.tenancy import current_schema
from apps.governance import configs
from apps.picks import actions
from apps.rulebook.thresholds import FEWEST_LEGS, MOST_LEGS

_SAME_GAME = (("no", "One leg per game"), ("yes", "Legs of one game, too"))


class NamedForm(forms.Form):
    """What is asked of picks that are chosen; the key of the question is made with the form."""

    profile = forms.ChoiceField()
    games = choice_field(_SAME_GAME, label="Games", initial="no")
    key = forms.CharField(
        max_length=80,
        widget=UnfoldAdminTextInputWidget(),
        help_text="Names the question: asked again it has the same answer.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["profile"] = choice_field([(name, formats.words(name)) for name in profiles()])
        self.fields["key"].initial = f"console:{uuid4()}"


class GenerateForm(NamedForm):
    """What is asked of a slate."""

    legs = forms.IntegerField(
        required=False,
        min_value=FEWEST_LEGS,
        max_value=MOST_LEGS,
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text="Empty: as many as the profile usually has.",
    )
    seed = forms.IntegerField(
        min_value=0,
        initial=0,
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text="0: the best. Any other number draws one of the best few, always the same one.",
    )
    field_order = ("profile", "legs", "games", "seed", "key")


def profiles() -> list[str]:
    return configs.parlay_profiles(tenant=current_schema(), at=clock.now())


def ask_for_parlay(
    model_admin: ModelAdmin,
    request: HttpRequest,
    *,
    there: str,
    picks: Sequence[UUID] = (),
    carried: Iterable[tuple[str, str]] = (),
) -> HttpResponse:
    """Ask how, then put it together; ``picks`` are the legs where somebody has chosen them."""
    by, at = Actor.staff(request.user, request), clock.now()

    def act(said: dict[str, Any]) -> str:
        parlay = actions.generate_parlay(
            key=said["key"],
            profile=said["profile"],
            legs=said.get("legs"),
            picks=picks,
            same_game=said["games"] == "yes",
            seed=said.get("seed") or 0,
            by=by,
            at=at,
        )
        return parlay.missing.rstrip(".") or f"{parlay}"

    chosen = f" of {len(picks)} picks" if picks else ""
    which = "The chosen picks are all in it or there is none" if picks else "The slate is asked"
    return ask(
        model_admin,
        request,
        form_class=NamedForm if picks else GenerateForm,
        title=f"Put together a parlay{chosen}?",
        consequence=f"{which}; the answer is kept and audited whether there is a parlay or not."
        " Nothing is sent.",
        verb="Generate",
        act=act,
        there=there,
        carried=carried,
        stops=False,
    )
