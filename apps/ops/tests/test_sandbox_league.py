from datetime import UTC, datetime, timedelta

import pytest

from apps.core.actor import Actor
from apps.core.tenancy import active_schemas, tenant_scope
from apps.governance import configs
from apps.governance.models import AuditEntry, ConfigVersion, Section
from apps.ops.leagues import follow_outside
from apps.ops.rehearsal.stages import STAGES
from apps.ops.sample_opinions import SAMPLE_OPINIONS
from apps.ops.sandbox_league import install_real, install_sandbox
from apps.picks.models import Pick, ProposalRound
from apps.rulebook.thresholds import Tier
from apps.simulations.models import MarketEvaluation, ModelReport, RatingDay, SimulationRun
from apps.snapshots.actions import change_account
from apps.snapshots.models import Feed, FeedKind, ProviderAccount, ProviderPoll
from apps.snapshots.providers import registry
from apps.tenants.provisioning import provision_tenant

EPOCH = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
BEFORE = EPOCH - timedelta(days=57)
LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)
BY = Actor.system("tests")


@pytest.mark.django_db
class TestInstallSandbox:
    def test_asks_about_its_league_from_the_beginning_on(self):
        install_sandbox(by=BY, at=BEFORE)

        feeds = {feed.kind: feed for feed in Feed.objects.filter(league__code="SFL")}
        assert feeds.keys() == {"ODDS", "RESULTS"}
        assert {feed.adapter for feed in feeds.values()} == {"oddsapi"}
        assert {feed.next_due_at for feed in feeds.values()} == {BEFORE}
        assert feeds["ODDS"].rhythm_s <= 20
        assert len(feeds["ODDS"].options["bookmakers"]) == 8

    def test_says_what_the_model_is_worth_for_any_past(self):
        install_sandbox(by=BY, at=BEFORE)

        reports = ModelReport.objects.in_force(LONG_AGO)
        assert {(r.market_type, r.state) for r in reports} == {
            ("MONEYLINE", "MEASURED"),
            ("SPREAD", "MEASURED"),
            ("TOTAL", "MEASURED"),
        }
        assert min(report.games for report in reports) >= 1_000
        assert {report.model_version.code for report in reports} == {"sfl-results-1"}

    def test_lets_a_sample_tenant_think_for_itself_and_no_other(self):
        install_sandbox(by=BY, at=BEFORE)

        acme = configs.resolve(Section.OPINION, league="SFL", tenant="acme", at=LONG_AGO)
        rival = configs.resolve(Section.OPINION, league="SFL", tenant="rival", at=LONG_AGO)
        platforms = configs.resolve(Section.OPINION, league="SFL", at=LONG_AGO)
        assert acme.document == SAMPLE_OPINIONS["acme"].document
        assert rival.version_id == platforms.version_id != acme.version_id

    def test_changes_nothing_the_second_time(self):
        install_sandbox(by=BY, at=BEFORE)
        entries = AuditEntry.across_tenants.count()

        install_sandbox(by=BY, at=EPOCH)

        assert AuditEntry.across_tenants.count() == entries

    def test_leaves_alone_what_a_tenant_thinks_by_now(self, ops):
        install_sandbox(by=BY, at=BEFORE)
        changed = SAMPLE_OPINIONS["acme"].document.model_copy(update={"books_min": 4})
        configs.create_version(changed, tenant="acme", by=ops, at=EPOCH, reason="Caution.")

        install_sandbox(by=BY, at=EPOCH)

        versions = ConfigVersion.objects.of(
            section=Section.OPINION, owner="acme", league="SFL", profile=""
        )
        assert versions.first().document["books_min"] == 4
        assert versions.count() == 2


@pytest.mark.django_db
class TestInstallReal:
    def test_asks_about_the_nfl_within_the_smallest_paid_plan(self):
        install_real(by=BY, at=EPOCH)
        install_real(by=BY, at=EPOCH)

        feeds = {feed.kind: feed for feed in Feed.objects.filter(adapter="oddsapi")}
        assert {feed.league.code for feed in feeds.values()} == {"NFL"}
        month = 30 * 86400
        credits = 3 * month / feeds["ODDS"].rhythm_s + 2 * month / feeds["RESULTS"].rhythm_s
        assert credits <= 0.9 * 20_000
        assert len(feeds["ODDS"].options["bookmakers"]) <= 10

    def test_quotes_stay_fresh_from_one_poll_to_the_next(self):
        install_real(by=BY, at=EPOCH)

        odds = Feed.objects.get(adapter="oddsapi", kind=FeedKind.ODDS)
        assert odds.rhythm_s < odds.max_quote_age_s


@pytest.mark.django_db
class TestOneFolderAndTwoWorlds:
    """A key is set, or taken away: feeds and budget follow whoever answers."""

    def follow(self, *, sandboxed: bool, changed: bool) -> tuple[set[str], int | None]:
        follow_outside(sandboxed=sandboxed, changed=changed, by=BY, installed_at=BEFORE, at=EPOCH)
        asked = Feed.objects.filter(adapter="oddsapi", enabled=True)
        budget = ProviderAccount.objects.get(adapter="oddsapi").monthly_credits
        return set(asked.values_list("league__code", flat=True)), budget

    def test_each_has_its_feeds_and_its_budget(self):
        assert self.follow(sandboxed=True, changed=False) == ({"SFL"}, 5_000_000)
        assert self.follow(sandboxed=False, changed=True) == ({"NFL"}, 20_000)
        assert self.follow(sandboxed=True, changed=True) == ({"SFL"}, 5_000_000)

    def test_a_budget_that_somebody_set_stays(self, ops):
        self.follow(sandboxed=False, changed=False)
        change_account(
            adapter="oddsapi",
            changes={"monthly_credits": 100_000},
            by=ops,
            at=EPOCH,
            reason="A larger plan.",
        )

        assert self.follow(sandboxed=False, changed=False) == ({"NFL"}, 100_000)


class TestSampleOpinions:
    def test_are_of_three_kinds(self):
        acme, northstar, harbor = (
            SAMPLE_OPINIONS[schema].document for schema in ("acme", "northstar", "harbor")
        )

        assert northstar.lean.edge_prob_min < acme.lean.edge_prob_min < harbor.lean.edge_prob_min
        assert harbor.published_tiers == (Tier.EDGE,)
        assert northstar.books
        assert not acme.books
        assert harbor.limits.moneylines_per_day < acme.limits.moneylines_per_day


def play(at: datetime, *, stages: int) -> None:
    """Call the first stages at an instant, those of tenants in each."""
    for stage in STAGES[:stages]:
        by = Actor.job(f"tests.{stage.name}")
        if not stage.inside_tenant:
            stage.work(by=by, at=at)
            continue
        for schema in active_schemas():
            with tenant_scope(schema):
                stage.work(by=by, at=at)


@pytest.mark.slow
@pytest.mark.timeout(240)
class TestAWeekOfTheSandbox:
    def test_three_tenants_make_different_picks_of_the_same_evaluations(
        self, fresh_database, sandbox, settings, queued
    ):
        registry.forget()
        world = sandbox(epoch=EPOCH, calls_a_second=1_000)
        settings.ODDS_API_KEY, settings.ODDS_API_URL = world.key, world.address
        for schema, kind in (("northstar", "AFFILIATE"), ("harbor", "B2B")):
            provision_tenant(schema=schema, name=schema, type=kind, by=BY, at=BEFORE)
        install_sandbox(by=BY, at=BEFORE)
        morning = EPOCH - timedelta(days=20, hours=3)
        for day in range(17):
            world.stand(morning + timedelta(days=day))
            play(morning + timedelta(days=day), stages=3)
        evening = morning + timedelta(days=17, hours=11)  # six in New York
        for day in range(2):
            for hours in (0, 1, 2, 6, 7):
                at = evening + timedelta(days=day, hours=hours)
                world.stand(at)
                play(at, stages=len(STAGES))

        picks = {}
        for schema in ("acme", "northstar", "harbor"):
            with tenant_scope(schema):
                published = Pick.objects.exclude(published_at=None)
                picks[schema] = set(published.values_list("selection_id", "book_id"))
                batches = set(ProposalRound.objects.values_list("batch_id", flat=True))
                assert batches
                assert not Pick.objects.filter(status="BLOCKED").exists()
        failed = ProviderPoll.objects.exclude(outcome__in=["OK", "UNCHANGED", "EMPTY"])
        assert not failed.exists()
        assert RatingDay.objects.count() >= 15
        assert SimulationRun.objects.filter(status="DONE").count() >= 12
        assert MarketEvaluation.objects.exists()
        assert len(picks["northstar"]) > len(picks["acme"]) > 2
        assert picks["acme"] != picks["northstar"]
        assert picks["harbor"] != picks["acme"]
