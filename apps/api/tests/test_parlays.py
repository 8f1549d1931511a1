"""Parlays over HTTP: every answer that was given, what it is worth, and how it ended."""

from datetime import timedelta

import pytest

from apps.core.tenancy import tenant_scope
from apps.grading.actions import grade_due
from apps.grading.tests.factories import DUE_AT, end
from apps.picks.models import Pick
from apps.picks.parlay_card import parlay_card
from apps.picks.tests.factories import make_pick
from apps.picks.tests.parlays import SOON, game, generate, leg, slate
from apps.rulebook.lifecycle import Validity
from apps.tenants.kinds import ApiScope

pytestmark = pytest.mark.django_db

LIST = "/api/v1/parlays/"


def told(answer) -> list[dict]:
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


@pytest.fixture
def made(acme, ops):
    with tenant_scope(acme):
        slate(4)
        return generate(ops)


class TestList:
    def test_shows_every_answer_newest_first(self, program, acme, ops):
        with tenant_scope(acme):
            none = generate(ops, "first")
            slate(3)
            made = generate(ops, "second", at=SOON + timedelta(seconds=1))

        shown = told(program.get(LIST))

        assert [one["parlay"] for one in shown] == [str(made.pk), str(none.pk)]
        assert [one["status"] for one in shown] == ["MADE", "NO_VALID_PARLAY"]
        assert (shown[1]["offer"], shown[1]["legs"], shown[1]["missing"]) == (
            None,
            [],
            none.missing,
        )

    @pytest.mark.parametrize(
        ("asked", "count"),
        [
            ("status=MADE", 1),
            ("status=NO_VALID_PARLAY", 0),
            ("profile=balanced", 1),
            ("profile=premium", 0),
            ("generated_from=2025-10-11T16:02:00Z", 1),
            ("generated_to=2025-10-11T16:02:00Z", 0),
        ],
    )
    def test_takes_filters(self, asked, count, program, made):
        assert len(told(program.get(f"{LIST}?{asked}"))) == count

    @pytest.mark.parametrize("asked", ["status=WON", "profil=premium", "limit=0"])
    def test_refuses_what_it_does_not_know(self, asked, program):
        assert program.get(f"{LIST}?{asked}").status_code == 400

    def test_turns_pages(self, program, acme, ops):
        with tenant_scope(acme):
            expected = [str(generate(ops, f"{n}", seed=n).pk) for n in range(3)]

        first = program.get(f"{LIST}?limit=2").json()
        second = program.get(first["next"]).json()

        assert second["next"] is None
        found = [one["parlay"] for one in (*first["results"], *second["results"])]
        assert sorted(found) == sorted(expected)

    def test_is_a_fixed_number_of_questions(
        self, program, acme, ops, django_assert_max_num_queries
    ):
        with tenant_scope(acme):
            slate(5)
            for seed in range(4):
                generate(ops, f"{seed}", seed=seed)
        program.get(LIST)

        with django_assert_max_num_queries(6):
            assert len(told(program.get(LIST))) == 4


class TestOne:
    def test_is_what_the_card_says(self, program, made, acme):
        shown = program.get(f"{LIST}{made.pk}/").json()

        [listed] = told(program.get(LIST))
        assert shown == listed
        with tenant_scope(acme):
            card = parlay_card(type(made).objects.with_legs().get(pk=made.pk))
        assert shown["offer"]["price"] == float(card["offer"]["price"])
        assert [one["label"] for one in shown["legs"]] == [one["label"] for one in card["legs"]]
        assert shown["legs"][0]["label"].endswith(" -3.5")
        assert shown["legs"][0]["weighed"]["confidence"] is None
        assert shown["offer"]["validity"] == "VALID"
        assert shown["offer"]["why"] == card["offer"]["why"]

    def test_explains_itself(self, program, made):
        these, chance, price, ev = program.get(f"{LIST}{made.pk}/").json()["offer"]["why"]

        assert these.startswith("The heaviest combination of 3 legs among 4 picks")
        assert chance.startswith("All 3 win with a chance of 18.")
        assert price.startswith("The legs' odds multiply to 6.96 at DraftKings")
        assert ev.startswith("Expected value +")

    def test_stands_as_its_worst_leg_does(self, program, made, acme):
        with tenant_scope(acme):
            worst = made.legs.get(position=2).pick_id
            Pick.objects.filter(pk=worst).update(validity_state=Validity.REFRESH_RECOMMENDED)

        offer = program.get(f"{LIST}{made.pk}/").json()["offer"]

        assert offer["validity"] == "REFRESH_RECOMMENDED"

    def test_names_published_picks_and_counts_the_others(self, program, acme, ops):
        with tenant_scope(acme):
            published = slate(4)
            unseen = make_pick(game(5))
            made = generate(ops)

        answer = program.get(f"{LIST}{made.pk}/")

        shown = answer.json()
        assert [(one["pick"], one["reasons"]) for one in shown["rejected"]] == [
            (str(published[3].pk), ["OUTWEIGHED"])
        ]
        assert shown["rejected_unpublished"] == {"NO_PLAY": 1}
        assert str(unseen.pk) not in answer.content.decode()

    def test_says_how_it_ended(self, program, acme, ops):
        with tenant_scope(acme):
            games = [game(number) for number in range(3)]
            for number, on in enumerate(games):
                leg(number, on=on)
            made = generate(ops)
            for on in games:
                end(on, 24, 17)
            grade_due(by=ops, at=DUE_AT)

        shown = program.get(f"{LIST}{made.pk}/").json()

        assert shown["status"] == "GRADED"
        assert (shown["result"]["outcome"], shown["result"]["legs"]) == ("WIN", ["WIN"] * 3)
        assert shown["result"]["returned"] == pytest.approx(1.909091**3, abs=1e-5)

    def test_of_another_tenant_is_not_there(self, program, rival, ops):
        with tenant_scope(rival):
            foreign = generate(ops)

        assert program.get(f"{LIST}{foreign.pk}/").status_code == 404

    def test_costs_nothing_again_while_nothing_changed(self, program, made):
        first = program.get(f"{LIST}{made.pk}/")

        again = program.get(f"{LIST}{made.pk}/", headers={"if-none-match": first["ETag"]})

        assert again.status_code == 304

    def test_takes_the_scope_of_picks(self, make_key, made):
        from django.test import Client

        key = make_key(scopes=[ApiScope.EVENTS])
        answer = Client(headers={"host": "acme.localhost", "authorization": f"Bearer {key}"}).get(
            LIST
        )

        assert answer.status_code == 403
