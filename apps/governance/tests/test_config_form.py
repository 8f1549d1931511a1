"""A form made of a typed model: what it says of each value, what it reads, what it finds wrong."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time
from decimal import Decimal

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from apps.governance import configs
from apps.governance.config_form.differences import differences
from apps.governance.config_form.form import ConfigForm
from apps.governance.config_form.outline import (
    Either,
    Group,
    Part,
    Table,
    Undescribed,
    Value,
    Writing,
    outline,
)
from apps.governance.config_form.subjects import Subject, SubjectUnknown
from apps.governance.config_form.writing import read, texts
from apps.governance.models import ConfigVersion, Section
from apps.rulebook.markets import MarketType
from apps.rulebook.thresholds import (
    FIRST_SETTLEMENT_RULES,
    LEAGUES,
    PARLAY_PROFILES,
    PROFILES,
    Document,
    MarketConfig,
    OpinionConfig,
    QuietHours,
    SettlementRules,
    Tier,
    market_config,
    model_config,
    opinion_config,
    parlay_config,
)

AUGUST = datetime(2025, 8, 15, tzinfo=UTC)
SEPTEMBER = datetime(2025, 9, 1, 12, tzinfo=UTC)
FIRST: list[configs.AnyConfig] = [
    *(market_config(league) for league in LEAGUES),
    *(model_config(league, profile) for league in LEAGUES for profile in PROFILES),
    *(opinion_config(league) for league in LEAGUES),
    *(parlay_config(profile) for profile in PARLAY_PROFILES),
]


def values(parts: Iterable[Part]) -> Iterator[Value]:
    for part in parts:
        if isinstance(part, Value):
            yield part
        elif isinstance(part, Group | Either):
            yield from values(part.parts)
        else:
            yield from part.columns


def value_of(kind: type[Document], name: str) -> Value:
    return next(value for value in values(outline(kind)) if value.name == name)


def typed(document: configs.AnyConfig, **changes: str | list[str] | None) -> QueryDict:
    """What a browser sends for a document; a change of None leaves the field out."""
    sent = QueryDict(mutable=True)
    written = texts(outline(type(document)), document.model_dump(mode="json"))
    for name, text in {**written, **changes}.items():
        if text is not None:
            sent.setlist(name, text if isinstance(text, list) else [text])
    return sent


def read_back(document: configs.AnyConfig, sent: QueryDict) -> configs.AnyConfig:
    before = document.model_dump(mode="json")
    draft = read(outline(type(document)), sent, before)
    return type(document).model_validate({**draft.document, "league": document.league})


class TestOutline:
    @pytest.mark.parametrize("kind", configs.KINDS.values())
    def test_names_and_explains_every_value(self, kind):
        for value in values(outline(kind)):
            assert value.title, value
            assert value.says, value

    @pytest.mark.parametrize("kind", configs.KINDS.values())
    def test_says_what_every_number_counts(self, kind):
        for value in values(outline(kind)):
            if value.writing in (Writing.NUMBER, Writing.WHOLE):
                assert value.unit, value.name

    @pytest.mark.parametrize(
        ("kind", "name", "allowed"),
        [
            (OpinionConfig, "books_min", "1 to 50"),
            (OpinionConfig, "edge_prob_min", "at least 0, below 1"),
            (OpinionConfig, "lean_points", "above 0"),
            (MarketConfig, "graded_share", "above 0, at most 1"),
            (MarketConfig, "graded_within_min", "above 0, at most 10,080"),
        ],
    )
    def test_says_what_is_allowed(self, kind, name, allowed):
        assert value_of(kind, name).allowed == allowed

    def test_leaves_out_whose_document_it_is(self):
        assert "league" not in {part.name for part in outline(OpinionConfig)}

    def test_refuses_what_it_cannot_draw(self):
        class Odd(Document):
            strange: dict[str, int]

        with pytest.raises(Undescribed, match="strange"):
            outline(Odd)


class TestReading:
    @pytest.mark.parametrize("document", FIRST, ids=lambda d: f"{type(d).__name__} {d.league}")
    def test_gives_back_what_was_shown(self, document):
        assert read_back(document, typed(document)).fingerprint() == document.fingerprint()

    def test_gives_back_quiet_hours(self):
        night = QuietHours(start=time(22, 30), end=time(7))
        document = opinion_config("NFL").model_copy(update={"quiet_hours": night})

        assert read_back(document, typed(document)) == document

    def test_takes_a_minus_and_a_thousands_comma_as_they_are_shown(self):
        document = model_config("MLB")
        sent = typed(document, **{"simulation.sim_count": "250,000", "weights.0.estimate": "−0.2"})

        after = read_back(document, sent)

        assert after.simulation.sim_count == 250_000
        assert after.weights[0].estimate == Decimal("-0.2")

    def test_never_takes_a_decimal_comma_for_nothing(self):
        """0,05 must not become 005."""
        document = opinion_config("NFL")

        with pytest.raises(ValueError, match="ev_min"):
            read_back(document, typed(document, **{"edge.ev_min": "0,05"}))

    def test_takes_rows_out_and_puts_new_ones_in(self):
        document = opinion_config("NFL")
        sent = typed(
            document,
            **{
                "points.0.remove": "1",
                "points.7.market_type": "MONEYLINE",
                "points.7.lean_points": "2",
                "points.7.edge_points": "3",
                "points.8.market_type": "",
                "points.8.lean_points": " ",
            },
        )

        after = read_back(document, sent)

        assert [row.market_type for row in after.points] == [
            MarketType.TOTAL,
            MarketType.MONEYLINE,
        ]

    def test_keeps_the_order_of_words_that_were_there(self):
        """The same ticks are the same document, whatever order the page draws them in."""
        document = model_config("MLB")
        ticks = [market.value for market in MarketType if market in document.aligned_only]
        assert ticks != [market.value for market in document.aligned_only]

        assert read_back(document, typed(document, aligned_only=ticks)) == document


NUMBERS = st.decimals(min_value=0, max_value="0.9", places=3)


class TestDifferences:
    @pytest.mark.parametrize("document", FIRST, ids=lambda d: f"{type(d).__name__} {d.league}")
    def test_are_none_between_a_document_and_itself(self, document):
        said = document.model_dump(mode="json")

        assert differences(outline(type(document)), said, said) == []

    def test_name_the_place_the_value_and_its_unit(self):
        before = opinion_config("NFL")
        limits = before.limits.model_copy(update={"per_day": 12})
        after = before.model_copy(
            update={
                "limits": limits,
                "published_tiers": (Tier.EDGE,),
                "quiet_hours": QuietHours(start=time(23), end=time(7)),
                "points": before.points[:1],
            }
        )

        found = differences(
            outline(OpinionConfig), before.model_dump(mode="json"), after.model_dump(mode="json")
        )

        said = [(d.where, d.title, d.unit, d.before, d.after) for d in found]
        assert said == [
            ("Points thresholds", "TOTAL", "", "LEAN 3.5, EDGE 5", "none"),
            ("", "Published tiers", "", "EDGE, LEAN", "EDGE"),
            ("Publish limits", "Picks a day", "picks", "8", "12"),
            ("Quiet hours", "From", "", "—", "23:00"),
            ("Quiet hours", "Until", "", "—", "07:00"),
        ]

    def test_tell_rows_apart_by_their_key(self):
        before = model_config("NFL").model_dump(mode="json")
        after = model_config("NFL").model_dump(mode="json")
        after["weights"][3]["weight"] = "0.05"

        (found,) = differences(outline(configs.KINDS[Section.MODEL]), before, after)

        assert (found.where, found.title) == ("Weights against the market: SPREAD, 12 h", "Weight")
        assert (found.before, found.after) == ("0.09", "0.05")

    def test_say_that_only_the_order_changed(self):
        before = market_config("NFL")
        after = before.model_copy(update={"markets": before.markets[::-1]})

        (found,) = differences(
            outline(MarketConfig), before.model_dump(mode="json"), after.model_dump(mode="json")
        )

        assert found.title == "Order"

    @given(
        edges=st.tuples(NUMBERS, NUMBERS),
        cool=st.tuples(st.integers(0, 3), st.integers(0, 3)),
        books=st.tuples(*[st.lists(st.sampled_from(["aa", "bb"]), unique=True)] * 2),
        rows=st.tuples(*[st.permutations([0, 1]).map(tuple) | st.just((0,)) | st.just(())] * 2),
    )
    def test_are_none_exactly_where_the_fingerprints_agree(self, edges, cool, books, rows):
        first = opinion_config("NFL")
        one, two = (
            first.model_copy(
                update={
                    "edge": first.edge.model_copy(update={"ev_min": edges[i]}),
                    "cool_down_min": cool[i],
                    "books": tuple(books[i]),
                    "points": tuple(first.points[row] for row in rows[i]),
                }
            )
            for i in (0, 1)
        )

        found = differences(
            outline(OpinionConfig), one.model_dump(mode="json"), two.model_dump(mode="json")
        )

        assert (found == []) == (one.fingerprint() == two.fingerprint())


@pytest.mark.django_db
class TestForm:
    subject = Subject(Section.OPINION, "public", "NFL", "")

    def form(self, **changes: str | list[str] | None) -> ConfigForm:
        changes = {"reason": "To see.", **changes}
        return ConfigForm(self.subject, at=SEPTEMBER, typed=typed(opinion_config("NFL"), **changes))

    def test_begins_with_the_newest_version(self):
        form = ConfigForm(self.subject, at=SEPTEMBER)

        assert (form.number, form.before) == (1, opinion_config("NFL").model_dump(mode="json"))

    def test_is_valid_where_something_changes_for_a_reason(self):
        form = self.form(books_min="4")

        assert form.is_valid
        assert (form.version.number, form.version.document["books_min"]) == (2, 4)
        assert (
            ConfigVersion.objects.of(
                section="opinion", owner="public", league="NFL", profile=""
            ).count()
            == 1
        ), "a form stores nothing"

    @pytest.mark.parametrize(
        ("changes", "place", "said"),
        [
            ({"books_min": "0"}, "books_min", "At least 1."),
            ({"books_min": "51"}, "books_min", "At most 50."),
            ({"books_min": "many"}, "books_min", "A whole number."),
            ({"books_min": ""}, "books_min", "This is needed."),
            ({"edge.ev_min": "1"}, "edge.ev_min", "Less than 1."),
            ({"edge.ev_min": "0,05"}, "edge.ev_min", "A number, with a point for decimals."),
            ({"points.1.edge_points": "0"}, "points.1.edge_points", "More than 0."),
            ({"points.0.market_type": "CURLING"}, "points.0.market_type", "Choose one of those"),
            (
                {"quiet_hours.start": "late", "quiet_hours.end": "07:00"},
                "quiet_hours.start",
                "A time such as 23:30.",
            ),
            ({"quiet_hours.start": "23:00"}, "quiet_hours.end", "This is needed."),
            ({"books_min": "4", "reason": "  "}, "reason", "This is needed."),
            ({"books_min": "4", "effective_from": "soon"}, "effective_from", "A day and a time"),
            ({"books_min": "4", "effective_from": "2020-01-01T00:00"}, "effective_from", "until"),
            ({"published_tiers": ["BLOCKED"]}, "", "A blocked pick is never published."),
            ({"lean.ev_min": "0.5"}, "", "EDGE may not be easier to reach than LEAN."),
            ({}, "", "CONFIG_UNCHANGED"),
            ({"books_min": "4", "seen": "0"}, "", "CONFIG_CHANGED"),
            ({"books_min": "4", "model_profile": "bold"}, "", "PROFILE_UNKNOWN"),
        ],
    )
    def test_says_what_is_wrong_where_it_stands(self, changes, place, said):
        form = self.form(**changes)

        assert not form.is_valid
        assert list(form.problems) == [place]
        assert said in form.problems[place][0]

    def test_points_at_the_row_that_was_typed_when_one_before_it_goes(self):
        form = self.form(**{"points.0.remove": "1", "points.1.edge_points": "0"})

        assert list(form.problems) == ["points.1.edge_points"]

    def test_says_everything_at_once(self):
        form = self.form(**{"books_min": "0", "edge.ev_min": "2", "reason": ""})

        assert set(form.problems) == {"books_min", "edge.ev_min", "reason"}

    def test_reads_an_instant_as_utc(self):
        form = self.form(books_min="4", effective_from="2025-10-01T12:30")

        assert form.version.effective_from == datetime(2025, 10, 1, 12, 30, tzinfo=UTC)

    def test_offers_the_profiles_that_the_league_has(self):
        form = ConfigForm(self.subject, at=SEPTEMBER)

        (control,) = (each.control for each in form.shown if each.name == "model_profile")
        assert control.words == PROFILES

    def test_keeps_what_was_typed(self):
        form = self.form(books_min="0", **{"points.5.lean_points": "9"})

        (books,) = (each.control for each in form.shown if each.name == "books_min")
        (points,) = (each for each in form.shown if each.name == "points")
        assert books.text == "0"
        assert "9" in [control.text for row in points.rows for control in row.controls]


@pytest.mark.django_db
class TestSubject:
    @pytest.mark.parametrize(
        "named",
        [
            ("opinion", "nobody", "NFL", "-"),  # no such tenant
            ("opinion", "acme", "NFL", "measured"),  # an opinion has no profile
            ("opinion", "public", "-", "-"),  # the platform's names a league
            ("market", "acme", "NFL", "measured"),  # a market is the platform's
            ("market", "public", "NFL", "-"),
            ("market", "public", "NFL", "Not A Name"),
            ("weather", "public", "NFL", "-"),
            ("parlay", "public", "NFL", "premium"),  # a parlay is of no league
            ("parlay", "acme", "-", "-"),
            ("parlay", "nobody", "-", "premium"),
        ],
    )
    def test_is_refused_where_no_configuration_could_be(self, named, acme):
        with pytest.raises(SubjectUnknown):
            Subject.named(*named)

    def test_without_a_version_begins_with_what_is_in_force_for_it(self, acme):
        subject = Subject.named("opinion", acme, "NFL", "-")

        assert subject.newest() is None
        assert subject.beginning(SEPTEMBER) == opinion_config("NFL").model_dump(mode="json")

    def test_of_every_league_begins_without_points(self, acme):
        beginning = Subject.named("opinion", acme, "-", "-").beginning(SEPTEMBER)

        assert (beginning["league"], beginning["points"]) == ("", [])

    @pytest.mark.parametrize(
        ("name", "begins_with"), [("premium", "premium"), ("sundays", "balanced")]
    )
    def test_of_parlays_begins_with_the_platforms_of_that_name(self, name, begins_with, acme):
        subject = Subject.named("parlay", acme, "-", name)

        assert subject.beginning(SEPTEMBER) == parlay_config(begins_with).model_dump(mode="json")
        assert f"{subject}" == f"Parlays of acme, profile {name}"

    def test_of_a_new_profile_begins_with_the_measured_one(self):
        beginning = Subject.named("model", "public", "NFL", "bold").beginning(SEPTEMBER)

        assert beginning == model_config("NFL").model_dump(mode="json")


class TestTables:
    def test_have_a_key_for_their_rows(self):
        for kind in configs.KINDS.values():
            for part in outline(kind):
                if isinstance(part, Table):
                    assert part.key, part.name
                    assert set(part.key) <= {column.name for column in part.columns}


NAMED = frozenset({"version", "league", "market_type", "period"})
RULES = outline(SettlementRules, NAMED)


def rules_typed(rules: SettlementRules, **changes: str) -> SettlementRules:
    sent = QueryDict(mutable=True)
    sent.update({**texts(RULES, rules.model_dump(mode="json")), **changes})
    named = {name: getattr(rules, name) for name in NAMED}
    return SettlementRules.model_validate({**read(RULES, sent, {}).document, **named})


class TestOneOfSeveralDocuments:
    """Settlement rules: a minimum in minutes or in innings, a moved game by one of three rules."""

    nfl = next(rules for rules in FIRST_SETTLEMENT_RULES if rules.league == "NFL")

    def test_is_named_explained_and_counted_like_any_value(self):
        for value in values(RULES):
            assert value.title, value
            assert value.says, value
            assert value.unit or value.writing not in (Writing.NUMBER, Writing.WHOLE), value

    @pytest.mark.parametrize(
        "rules", FIRST_SETTLEMENT_RULES, ids=lambda r: f"{r.league} {r.market_type}"
    )
    def test_gives_back_what_was_shown(self, rules):
        assert rules_typed(rules).fingerprint() == rules.fingerprint()

    def test_takes_the_values_of_the_kind_that_was_chosen_and_no_others(self):
        after = rules_typed(
            self.nfl,
            **{"postponement.kind": "WITHIN_HOURS", "postponement.WITHIN_HOURS.hours": "36"},
        )

        assert after.postponement.model_dump() == {"kind": "WITHIN_HOURS", "hours": 36}

    def test_is_wrong_where_the_chosen_kind_says_nothing(self):
        with pytest.raises(ValueError, match=r"postponement\.WITHIN_HOURS\.hours"):
            rules_typed(self.nfl, **{"postponement.kind": "WITHIN_HOURS"})

    def test_differs_by_its_kind_and_by_every_value_that_comes_or_goes(self):
        after = rules_typed(
            self.nfl,
            **{
                "overtime_counts": "no",
                "postponement.kind": "WITHIN_HOURS",
                "postponement.WITHIN_HOURS.hours": "36",
            },
        )

        found = differences(RULES, *(r.model_dump(mode="json") for r in (self.nfl, after)))

        assert [(d.where, d.title, d.before, d.after) for d in found] == [
            ("", "Overtime counts", "yes", "no"),
            ("Postponement", "Kind", "LEAGUE_WEEK", "WITHIN_HOURS"),
            ("Postponement", "Last day", "3", "—"),
            ("Postponement", "Hours", "—", "36"),
        ]
