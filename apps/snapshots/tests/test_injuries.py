"""Words on players: read, kept where they are news, and never part of a number."""

import json
from datetime import timedelta

import pytest

from apps.catalog.models import ReviewItem, Team
from apps.core.append_only import AppendOnlyRefused
from apps.governance import switches
from apps.governance.models import AuditEntry, FeatureFlag
from apps.snapshots import actions
from apps.snapshots.actions import payloads
from apps.snapshots.actions.desk import ReasonMissing
from apps.snapshots.models import Feed, FeedKind, InjuryReport, PayloadReading, ProviderPoll
from apps.snapshots.providers import registry
from apps.snapshots.providers.ports import InjuryStatus
from apps.snapshots.reading.codes import Quarantined as Q
from apps.snapshots.reading.codes import Refused
from apps.snapshots.reading.injuries import read_injuries
from apps.snapshots.reading.wire import PayloadRefused
from apps.snapshots.tests.factories import BRONCOS, CLOCK, JETS, MINUTE, SATURDAY

HEAD = "team,player,position,status,note,reported_at\n"
EARLIER = "2025-10-10T20:00:00Z"
LATER = SATURDAY + timedelta(hours=1)


def row(player: str = "Sam Sampleton", status: str = "OUT", **other: str) -> str:
    told = {
        "team": JETS,
        "player": player,
        "position": "QB",
        "status": status,
        "note": "Shoulder",
        "reported_at": EARLIER,
        **other,
    }
    return ",".join(told.values()) + "\n"


def read(*rows: str):
    return read_injuries((HEAD + "".join(rows)).encode(), captured_at=SATURDAY)


class TestReading:
    def test_a_table_says_who_is_out(self):
        [report] = read(row()).reports

        assert (report.team, report.player, report.status) == (
            JETS,
            "Sam Sampleton",
            InjuryStatus.OUT,
        )

    def test_a_list_says_the_same(self):
        body = json.dumps(
            [
                {
                    "team": JETS,
                    "player": "Sam Sampleton",
                    "position": "QB",
                    "status": "out",
                    "note": "Shoulder",
                    "reported_at": EARLIER,
                    "unknown": 1,
                }
            ]
        )

        assert read_injuries(body.encode(), captured_at=SATURDAY).reports == read(row()).reports

    def test_the_later_of_two_words_on_a_player_counts(self):
        told = read(row(status="OUT", reported_at="2025-10-11T09:00:00Z"), row(status="ACTIVE"))

        assert [report.status for report in told.reports] == [InjuryStatus.OUT]
        assert told.tray.counts == {Q.DUPLICATE_REPORT: 1}

    @pytest.mark.parametrize(
        ("bad", "code"),
        [
            (row(status="LIMPING"), Q.INJURY_STATUS),
            (row(status=""), Q.INJURY_STATUS),
            (row(player=" "), Q.INJURY_SHAPE),
            (row(team=""), Q.INJURY_SHAPE),
            (row(player="x" * 101), Q.INJURY_SHAPE),
            (row(reported_at="2025-10-10T20:00:00"), Q.TIME_NAIVE),
            (row(reported_at="yesterday"), Q.TIME_UNREADABLE),
            (row(reported_at="2025-10-12T20:00:00Z"), Q.TIME_IN_FUTURE),
            (row(reported_at="1970-01-01T00:00:00Z"), Q.TIME_IMPLAUSIBLE),
        ],
    )
    def test_what_cannot_be_so_is_set_aside_and_the_rest_is_kept(self, bad, code):
        told = read(bad, row("Jordan Example"))

        assert told.tray.counts == {code: 1}
        assert [report.player for report in told.reports] == ["Jordan Example"]
        assert told.told == len(told.reports) + told.tray.total

    @pytest.mark.parametrize(
        ("body", "refused"),
        [
            (b"{}", Refused.SHAPE),
            (b"team,player\n", Refused.NOT_CSV),
            (b"<html>", Refused.HTML),
            (b"[", Refused.TRUNCATED),
        ],
    )
    def test_what_is_no_report_is_refused(self, body, refused):
        with pytest.raises(PayloadRefused) as refusal:
            read_injuries(body, captured_at=SATURDAY)

        assert refusal.value.refused is refused


@pytest.fixture
def file(feeds, settings, tmp_path):
    """A file of the NFL's injuries, asked every minute; called with rows it is written and read."""
    settings.PROVIDER_FILES = str(tmp_path)
    actions.register_feed(
        adapter=registry.FILES,
        provider="the_odds_api",
        kind=FeedKind.INJURIES,
        league="NFL",
        source="injuries.csv",
        rhythm_s=60,
        by=CLOCK,
        at=SATURDAY,
    )

    def tell(*rows: str, at=SATURDAY) -> PayloadReading:
        (tmp_path / "injuries.csv").write_text(HEAD + "".join(rows))
        actions.fetch_due(by=CLOCK, at=at)
        actions.read_unread(by=CLOCK, at=at)
        return PayloadReading.objects.latest("id")

    return tell


class TestFromAFile:
    def test_is_stored_as_it_came_and_read_into_rows(self, file):
        receipt = file(row(), row("Jordan Example", "QUESTIONABLE", team=BRONCOS))

        assert (receipt.prices, receipt.written, receipt.quarantined) == (2, 2, {})
        assert payloads.load(receipt.poll.payload_id).startswith(b"team,player")
        report = InjuryReport.objects.get(player="Jordan Example")
        assert (report.team.name, report.status) == (BRONCOS, "QUESTIONABLE")
        assert AuditEntry.across_tenants.filter(action="injury_report.stored").count() == 2

    def test_only_news_is_a_new_row(self, file):
        file(row(), row("Jordan Example"))
        receipt = file(row(), row("Jordan Example", "ACTIVE"), at=SATURDAY + MINUTE)

        assert (receipt.written, receipt.unchanged) == (1, 1)
        assert list(InjuryReport.objects.newest().values_list("player", "status")) == [
            ("Jordan Example", "ACTIVE"),
            ("Sam Sampleton", "OUT"),
        ]

    def test_of_a_team_that_nobody_knows_is_a_question(self, file):
        receipt = file(row(team="Newark Jets"), row("Jordan Example"))

        assert receipt.quarantined == {"UNKNOWN_TEAM": 1}
        assert ReviewItem.objects.get().subject == "Newark Jets"
        assert InjuryReport.objects.count() == 1

    def test_is_written_once(self, file):
        file(row())

        with pytest.raises(AppendOnlyRefused):
            InjuryReport.objects.all().delete()


@pytest.mark.django_db
class TestAtTheDesk:
    def enter(self, ops, status=InjuryStatus.OUT, *, at=SATURDAY, **other) -> InjuryReport:
        return actions.enter_injury(
            **{
                "team_id": Team.objects.get(name=JETS, league__code="NFL").pk,
                "player": "Sam Sampleton",
                "status": status,
                "position": "QB",
                "note": "Shoulder",
                "by": ops,
                "at": at,
                "reason": "The team's own page.",
                **other,
            }
        )

    def test_is_bytes_like_any_other_answer_and_signed(self, ops):
        report = self.enter(ops)

        poll = ProviderPoll.objects.get()
        assert (report.provider, report.poll, report.captured_at) == ("operator", poll, SATURDAY)
        assert b"Sam Sampleton" in payloads.load(poll.payload_id)
        assert PayloadReading.objects.get().written == 1
        entry = AuditEntry.across_tenants.get(action="injury_report.entered")
        assert (entry.actor_id, entry.reason) == (ops.id, "The team's own page.")

    def test_is_asked_by_nobody(self, ops):
        self.enter(ops)

        assert actions.fetch_due(by=CLOCK, at=LATER) == actions.Fetched()
        assert Feed.objects.get().next_due_at is None

    def test_what_is_known_already_is_said_to_be(self, ops):
        self.enter(ops)

        with pytest.raises(actions.EntryRefused) as refused:
            self.enter(ops, at=LATER)

        assert "known already" in refused.value.sentence
        assert ProviderPoll.objects.count() == 1

    def test_a_player_is_fit_again(self, ops):
        self.enter(ops)
        self.enter(ops, InjuryStatus.ACTIVE, at=LATER)

        assert InjuryReport.objects.newest().get().status == "ACTIVE"

    def test_needs_a_reason_and_a_name(self, ops):
        with pytest.raises(ReasonMissing):
            self.enter(ops, reason=" ")
        with pytest.raises(actions.EntryRefused):
            self.enter(ops, player=" ")
        assert not ProviderPoll.objects.exists()

    def test_waits_for_the_switch_like_everybody(self, ops):
        FeatureFlag.objects.filter(name="INGEST", scope="league:NFL").update(enabled=False)

        with pytest.raises(switches.Halted):
            self.enter(ops)
