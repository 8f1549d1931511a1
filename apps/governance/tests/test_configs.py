from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, transaction

from apps.core.db import execute, fetch_all
from apps.core.tenancy import tenant_scope
from apps.governance import configs
from apps.governance.configs import Section
from apps.governance.models import AuditEntry, ConfigVersion, Strength
from apps.rulebook.thresholds import (
    MEASURED,
    RAW,
    MarketConfig,
    ModelConfig,
    OpinionConfig,
    market_config,
    model_config,
    opinion_config,
    parlay_config,
)

BEFORE = datetime(2025, 8, 1, tzinfo=UTC)
AUGUST = datetime(2025, 8, 15, tzinfo=UTC)
SEPTEMBER = datetime(2025, 9, 1, tzinfo=UTC)
OCTOBER = datetime(2025, 10, 1, tzinfo=UTC)
# A league that no installer knows, with the first documents of one that it does.
LEAGUE = "XFL"


def market() -> MarketConfig:
    return market_config("NFL").model_copy(update={"league": LEAGUE})


def model(profile: str = MEASURED) -> ModelConfig:
    return model_config("NFL", profile).model_copy(update={"league": LEAGUE})


def opinion(**changes: object) -> OpinionConfig:
    return opinion_config("NFL").model_copy(update={"league": LEAGUE, **changes})


@pytest.fixture
def platform(db, ops) -> None:
    """The platform's first configuration of the league, in force since mid-August."""
    for profile in (MEASURED, RAW):
        for document in (market(), model(profile)):
            configs.create_version(
                document, profile=profile, by=ops, at=AUGUST, reason="The first one."
            )
    configs.create_version(opinion(), by=ops, at=AUGUST, reason="The first one.")


@pytest.mark.usefixtures("platform")
class TestResolve:
    @pytest.mark.parametrize("profile", [MEASURED, RAW])
    def test_finds_the_platforms_model_under_its_profile(self, profile):
        found = configs.resolve(configs.MODEL, league=LEAGUE, profile=profile, at=SEPTEMBER)

        assert found.document == model(profile)
        assert found.hash == model(profile).fingerprint()

    def test_returns_a_typed_market(self):
        found = configs.resolve(configs.MARKET, league=LEAGUE, at=SEPTEMBER)

        assert isinstance(found.document, MarketConfig)
        assert found.document == market()

    def test_refuses_where_nothing_is_in_force_yet(self):
        with pytest.raises(configs.ConfigMissing) as refused:
            configs.resolve(configs.MODEL, league=LEAGUE, at=BEFORE)

        assert refused.value.code == "CONFIG_VERSION_MISSING"

    @pytest.mark.parametrize("section", list(Section))
    def test_refuses_a_league_that_has_none(self, section):
        with pytest.raises(configs.ConfigMissing):
            configs.resolve(section, league="NOBODY", at=SEPTEMBER)

    def test_is_in_force_from_its_very_instant(self):
        assert configs.resolve(configs.MARKET, league=LEAGUE, at=AUGUST)
        with pytest.raises(configs.ConfigMissing):
            configs.resolve(configs.MARKET, league=LEAGUE, at=AUGUST - timedelta(microseconds=1))

    def test_keeps_saying_what_was_in_force_then(self, ops):
        configs.create_version(
            opinion(sims_min=50_000), by=ops, at=SEPTEMBER, reason="Stricter.", tenant="acme"
        )
        configs.create_version(
            opinion(sims_min=90_000), by=ops, at=OCTOBER, reason="Stricter.", tenant="acme"
        )

        answers = [
            configs.resolve(configs.OPINION, league=LEAGUE, tenant="acme", at=at).document.sims_min
            for at in (AUGUST, SEPTEMBER, OCTOBER - timedelta(seconds=1), OCTOBER)
        ]
        assert answers == [20_000, 50_000, 50_000, 90_000]

    @pytest.mark.parametrize(
        ("written", "expected"),
        [
            ([], 20_000),
            ([("acme", "")], 30_000),
            ([("acme", LEAGUE)], 40_000),
            ([("acme", ""), ("acme", LEAGUE)], 40_000),
            ([("rival", LEAGUE), ("rival", "")], 20_000),
            ([("acme", "OTHER")], 20_000),
        ],
    )
    def test_asks_the_tenant_about_the_league_then_the_tenant_then_the_platform(
        self, written, expected, ops
    ):
        for tenant, league in written:
            execute_profiles_for(league, ops)
            configs.create_version(
                opinion(league=league, sims_min=40_000 if league == LEAGUE else 30_000),
                by=ops,
                at=SEPTEMBER,
                reason="Our own.",
                tenant=tenant,
            )

        found = configs.resolve(configs.OPINION, league=LEAGUE, tenant="acme", at=SEPTEMBER)

        assert found.document.sims_min == expected

    def test_asks_the_platform_when_no_tenant_is_named(self, ops):
        configs.create_version(
            opinion(sims_min=40_000), by=ops, at=SEPTEMBER, reason="Our own.", tenant="acme"
        )

        found = configs.resolve(configs.OPINION, league=LEAGUE, at=SEPTEMBER)

        assert found.document.sims_min == 20_000

    def test_is_one_statement(self, django_assert_num_queries):
        fetch_all("SELECT 1")

        with django_assert_num_queries(1):
            configs.resolve(configs.OPINION, league=LEAGUE, tenant="acme", at=SEPTEMBER)

    @pytest.mark.parametrize(
        ("written", "of_all", "of_league"),
        [
            ([], 20_000, None),
            ([("acme", "")], 30_000, None),
            ([("acme", LEAGUE)], None, 40_000),
            ([("acme", ""), ("acme", LEAGUE)], 30_000, 40_000),
            ([("rival", LEAGUE), ("rival", ""), ("acme", "OTHER")], 20_000, None),
        ],
    )
    def test_knows_what_binds_all_of_a_tenants_picks_and_what_a_leagues(
        self, written, of_all, of_league, ops
    ):
        for tenant, league in written:
            execute_profiles_for(league, ops)
            configs.create_version(
                opinion(league=league, sims_min=40_000 if league == LEAGUE else 30_000),
                by=ops,
                at=SEPTEMBER,
                reason="Our own.",
                tenant=tenant,
            )

        found = configs.opinions_that_bind(league=LEAGUE, tenant="acme", at=SEPTEMBER)

        assert tuple(one and one.sims_min for one in found) == (of_all, of_league)

    def test_works_for_a_tenants_own_role(self, acme):
        with tenant_scope(acme):
            found = configs.resolve(configs.OPINION, league=LEAGUE, tenant=acme, at=SEPTEMBER)

        assert found.document == opinion()


def execute_profiles_for(league: str, ops) -> None:
    """Give another league the profiles that an opinion about it may choose."""
    if league in ("", LEAGUE):
        return
    for document in (
        market().model_copy(update={"league": league}),
        model().model_copy(update={"league": league}),
    ):
        configs.create_version(document, by=ops, at=AUGUST, reason="The first one.")


@pytest.mark.usefixtures("platform")
class TestParlayProfiles:
    def test_are_the_platforms_until_a_tenant_has_its_own(self, acme, ops):
        own = parlay_config("premium").model_copy(update={"slate_h": 12})
        first = configs.resolve_parlay("premium", tenant="acme", at=SEPTEMBER)
        configs.create_version(
            own, tenant="acme", profile="premium", by=ops, at=SEPTEMBER, reason="Only tonight."
        )

        assert first.document == parlay_config("premium")
        assert configs.resolve_parlay("premium", tenant="acme", at=SEPTEMBER).document == own
        assert configs.resolve_parlay("premium", tenant="rival", at=SEPTEMBER).hash == first.hash
        assert configs.resolve_parlay("premium", tenant="acme", at=AUGUST).hash == first.hash

    def test_are_named_for_those_who_may_ask_for_them(self, acme, ops):
        configs.create_version(
            parlay_config("balanced"),
            tenant="acme",
            profile="sundays",
            by=ops,
            at=AUGUST,
            reason="A name of our own.",
        )

        first = ["balanced", "premium", "speculative"]
        assert configs.parlay_profiles(tenant="acme", at=SEPTEMBER) == [*first, "sundays"]
        assert configs.parlay_profiles(tenant="rival", at=SEPTEMBER) == first

    def test_that_nobody_wrote_are_refused(self):
        with pytest.raises(configs.ConfigMissing, match="reckless"):
            configs.resolve_parlay("reckless", tenant="acme", at=SEPTEMBER)


@pytest.mark.usefixtures("platform")
class TestProfilesChosen:
    def test_answers_for_many_tenants_in_one_statement(self, ops, django_assert_num_queries):
        configs.create_version(
            opinion(model_profile=RAW), by=ops, at=SEPTEMBER, reason="Research.", tenant="rival"
        )

        with django_assert_num_queries(1):
            chosen = configs.profiles_chosen(league=LEAGUE, tenants=["acme", "rival"], at=SEPTEMBER)

        assert chosen == {"acme": (MEASURED, MEASURED), "rival": (MEASURED, RAW)}

    def test_leaves_out_whom_nothing_is_decided_for(self):
        assert configs.profiles_chosen(league=LEAGUE, tenants=["acme"], at=BEFORE) == {}


@pytest.mark.usefixtures("platform")
class TestCreateVersion:
    def test_follows_its_predecessor_and_is_audited(self, ops):
        version = configs.create_version(
            opinion(books_min=4), by=ops, at=SEPTEMBER, reason="More books."
        )

        assert (version.number, version.predecessor.number) == (2, 1)
        assert (version.author, version.reason) == ("OPS:olivia@beatvegas.test", "More books.")
        assert version.document_hash == opinion(books_min=4).fingerprint()
        entry = AuditEntry.across_tenants.get(object_id=str(version.pk))
        assert (entry.action, entry.strength, entry.config_version) == (
            "config.created",
            Strength.SYNC,
            version.pk,
        )

    def test_reads_back_what_was_written(self):
        for version in ConfigVersion.objects.filter(league=LEAGUE):
            document = configs.parse(Section(version.section), version.document)
            assert document.fingerprint() == version.document_hash

    def test_refuses_to_say_the_same_again(self, ops):
        with pytest.raises(configs.ConfigUnchanged):
            configs.create_version(opinion(), by=ops, at=SEPTEMBER, reason="Nothing new.")

    def test_refuses_to_change_the_past(self, ops):
        with pytest.raises(configs.ConfigRetroactive):
            configs.create_version(
                opinion(books_min=4),
                by=ops,
                at=OCTOBER,
                reason="As if.",
                effective_from=SEPTEMBER,
            )

    def test_refuses_to_overtake_a_version_that_is_still_to_come(self, ops):
        configs.create_version(
            opinion(books_min=4), by=ops, at=AUGUST, reason="Later.", effective_from=OCTOBER
        )

        with pytest.raises(configs.ConfigRetroactive):
            configs.create_version(opinion(books_min=5), by=ops, at=SEPTEMBER, reason="Sooner.")

    def test_may_begin_in_the_past_where_nothing_was_decided(self, ops):
        version = configs.create_version(
            opinion(), by=ops, at=OCTOBER, reason="Ours.", tenant="acme", effective_from=BEFORE
        )

        assert version.effective_from == BEFORE

    def test_refuses_a_profile_that_the_league_has_not(self, ops):
        with pytest.raises(configs.ProfileUnknown, match="'bold'"):
            configs.create_version(
                opinion(model_profile="bold"), by=ops, at=SEPTEMBER, reason="Bold."
            )

    def test_refuses_when_somebody_else_was_faster(self, ops, monkeypatch):
        first = ConfigVersion.objects.get(section="opinion", league=LEAGUE)
        configs.create_version(opinion(books_min=4), by=ops, at=SEPTEMBER, reason="Faster.")

        class Stale:
            """Answers as the table stood before the other one wrote."""

            def of(self, **_key: object) -> "Stale":
                return self

            def first(self) -> ConfigVersion:
                return first

        monkeypatch.setattr(configs, "_require_profiles", lambda opinion: None)
        monkeypatch.setattr(ConfigVersion, "objects", Stale())
        with pytest.raises(configs.ConfigChanged, match="look again"):
            configs.create_version(opinion(books_min=5), by=ops, at=SEPTEMBER, reason="Slower.")

    def test_names_every_problem_of_a_document_at_once(self):
        document = opinion().model_dump(mode="json") | {"books_min": 0, "typo": 1}
        del document["edge"]

        with pytest.raises(configs.ConfigInvalid) as refused:
            configs.parse(Section.OPINION, document)

        assert all(word in str(refused.value) for word in ("books_min", "typo", "edge"))


@pytest.mark.usefixtures("platform")
class TestConfigVersion:
    @pytest.mark.parametrize(
        "change", ["UPDATE config_version SET reason = ''", "DELETE FROM config_version"]
    )
    def test_is_immutable(self, change):
        with pytest.raises(DatabaseError), transaction.atomic():
            execute(change)

    def test_of_another_tenant_is_not_seen(self, acme, ops):
        configs.create_version(opinion(), by=ops, at=AUGUST, reason="Theirs.", tenant="rival")

        with tenant_scope(acme):
            owners = fetch_all("SELECT DISTINCT tenant_schema FROM config_version ORDER BY 1")

        assert owners == [("public",)]

    def test_can_be_a_tenants_own_writing(self, acme, ops):
        with tenant_scope(acme):
            version = configs.create_version(
                opinion(books_min=5), by=ops, at=SEPTEMBER, reason="Ours.", tenant=acme
            )

        assert version.tenant_schema == acme

    def test_cannot_be_written_for_another_tenant(self, acme, ops):
        with tenant_scope(acme), pytest.raises(DatabaseError, match="row-level security"):
            configs.create_version(
                opinion(books_min=5), by=ops, at=SEPTEMBER, reason="Not ours.", tenant="rival"
            )


@pytest.mark.django_db
class TestInstallFirstConfiguration:
    def test_makes_every_section_in_every_profile_once(self, ops, monkeypatch):
        monkeypatch.setattr(configs.thresholds, "market_config", lambda league: market())
        monkeypatch.setattr(configs.thresholds, "model_config", lambda league, name: model(name))
        monkeypatch.setattr(configs.thresholds, "opinion_config", lambda league: opinion())

        first = configs.install_first_configuration(LEAGUE, by=ops, at=AUGUST)
        again = configs.install_first_configuration(LEAGUE, by=ops, at=SEPTEMBER)

        assert sorted((version.section, version.profile) for version in first) == [
            ("market", "measured"),
            ("market", "raw"),
            ("model", "candidate"),
            ("model", "measured"),
            ("model", "raw"),
            ("opinion", ""),
        ]
        assert again == []
