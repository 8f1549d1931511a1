"""A pick's page: its life, its sources down to the bytes that came, and a proof that holds."""

import pytest

from apps.core.canonical import fingerprint
from apps.core.tenancy import tenant_scope
from apps.picks.tests.factories import Game, make_pick
from apps.rulebook.lifecycle import PickStatus
from apps.site.tests import scene
from apps.site.tests.conftest import ACME, as_text


class TestLife:
    def test_is_a_timeline_in_the_readers_zone(self, seen):
        life = as_text(seen.picks["gone"]).partition("Life")[2]

        assert life.startswith(" times are Eastern Sunday 12 October Published as EDGE 11:00:05 AM")
        assert "Sent 11:00:05 AM App, once each." in life
        assert "No longer playable 11:40:00 AM −7.5 at −110, EV" in life
        assert "No value was left." in life
        assert "Start 4:25 PM The closing line is taken here." in life

    def test_says_who_may_still_be_followed(self, seen):
        withdrawn = as_text(seen.picks["withdrawn"])
        old, new = as_text(seen.picks["old version"]), as_text(seen.picks["replaced"])

        assert "Withdrawn 11:40:00 AM Injury update." in withdrawn
        assert "Version 2, which replaced this one" in old
        assert "Replaced by version 2" in old
        assert "Both versions stay in the record and are graded." in old
        assert "Line −3.5 to −3" in old
        assert "Version 1, which this one replaced" in new
        assert "Version 2 changes line −3.5 to −3, price" in new

    def test_ends_with_the_grade(self, seen):
        won, lost = as_text(seen.picks["won"]), as_text(seen.picks["lost"])

        assert "How it ended Win, +0.91 u" in won
        assert "Score Buffalo Bills 17, Kansas City Chiefs 24" in won
        assert "Graded: win, +0.91 u" in won
        assert "How it ended Loss, −1.00 u" in lost


class TestSources:
    def test_go_down_to_payload_seed_and_configuration(self, seen):
        page, pick = seen.picks["edge"], seen.rows["edge"]
        text = as_text(page).partition("Where it comes from")[2]

        assert f'title="{pick.payload_sha256}"' in page
        assert f'title="{pick.snapshot_id}"' in page
        assert f'title="{pick.run_id}"' in page
        assert f'title="{pick.config_version.document_hash}"' in page
        assert "100,000 games, model nfl-test seed 0x7" in text
        assert "−3.5 at −110, BetMGM, 11:00:00 AM ET" in text
        assert "EDGE from +5.0 pp" in text


class TestProof:
    def test_says_what_the_record_says_in_plain_values(self, seen):
        pick, proof = seen.rows["edge"], seen.proofs["edge"]

        assert proof["quote"]["payload_sha256"] == pick.payload_sha256
        assert (proof["quote"]["line"], proof["quote"]["price_decimal"]) == ("-3.5", "1.909091")
        assert proof["run"]["seed"] == "7"
        assert proof["evaluation"]["ev"] == pick.ev
        assert proof["configuration"]["document"] == pick.config_version.document
        assert [grade["outcome"] for grade in seen.proofs["lost"]["grades"]] == ["LOSS"]

    def test_can_be_checked_and_a_changed_number_is_noticed(self, seen):
        proof = dict(seen.proofs["edge"])
        told = proof.pop("sha256")

        assert fingerprint(proof) == told
        assert fingerprint({**proof, "tenant": "rival"}) != told


@pytest.mark.django_db
class TestWhoSees:
    def test_nobody_what_was_not_published(self, client, acme):
        with tenant_scope(acme):
            waiting = make_pick(Game(kickoff=scene.LATE), at=scene.NOON)

        for path in (f"/picks/{waiting.pk}/", f"/picks/{waiting.pk}/proof.json"):
            assert client.get(path, headers={"host": ACME}).status_code == 404

    def test_nobody_another_tenants(self, client, acme, rival):
        with tenant_scope(acme):
            pick = make_pick(Game(kickoff=scene.LATE), status=PickStatus.PUBLISHED, at=scene.NOON)
        path = f"/picks/{pick.pk}/"

        assert client.get(path, headers={"host": ACME}).status_code == 200
        assert client.get(path, headers={"host": "rival.localhost"}).status_code == 404
