"""Bodies with one thing wrong: that is laid aside with its reason, and the rest is believed."""

import pytest

from apps.catalog.models import Event, ReviewItem, Team
from apps.ops.tests.faults.conftest import AFTERNOON, MINUTE, open_quotes, rows
from apps.snapshots.models import LatestQuote, MarketSnapshot, QuarantinedRow
from apps.tenants.tests.factories import OPERATORS_HOST, PASSWORD, OperatorFactory

pytestmark = pytest.mark.django_db


def codes(receipt):
    return set(receipt.quarantined)


def assert_the_rest_is_kept(receipt, *, least=1, most):
    """So many prices were laid aside, and everything else was written or stood already."""
    assert least <= receipt.quarantined_total <= most
    assert receipt.written + receipt.unchanged == receipt.prices - receipt.quarantined_total
    assert receipt.prices > 150
    assert receipt.refused_code == ""


def numbers(feeding, token):
    return feeding.read({"fault": "number", "token": token})


class TestRow49:
    """It is no JSON, or JSON that JSON does not know."""

    @pytest.mark.parametrize(
        ("fault", "code"),
        [("html", "PAYLOAD_HTML"), ("utf16", "PAYLOAD_NOT_UTF8")],
    )
    def test_a_body_of_another_kind_is_refused_whole(self, feeding, fault, code):
        before = rows(), open_quotes()
        receipt = feeding.read({"fault": fault})

        assert receipt.refused_code == code
        assert (rows(), open_quotes()) == before

    def test_a_byte_order_mark_is_read_over(self, feeding):
        receipt = feeding.read({"fault": "bom"})

        assert (receipt.refused_code, receipt.quarantined) == ("", {})
        assert receipt.prices > 150

    @pytest.mark.parametrize("token", ["NaN", "Infinity", "-Infinity", "1e999"])
    def test_a_number_that_is_none_is_nobodys_price(self, feeding, token):
        receipt = numbers(feeding, token)

        assert codes(receipt) <= {"PRICE_NOT_A_NUMBER", "PRICE_NOT_ODDS", "MISSING_SIDE"}
        assert_the_rest_is_kept(receipt, most=2)


class TestRow50:
    """A price is anything at all."""

    @pytest.mark.parametrize(
        "token",
        ["null", '""', '"−110"', '"-110"', "true", "1e308", "1e-400", "1e1000000", "[]", "{}"],
    )
    def test_its_row_is_refused_and_the_others_are_kept(self, feeding, token):
        receipt = numbers(feeding, token)

        assert codes(receipt) & {
            "PRICE_NULL",
            "PRICE_NOT_A_NUMBER",
            "PRICE_NOT_ODDS",
            "OUTCOME_SHAPE",
        }
        assert_the_rest_is_kept(receipt, most=2)
        assert not MarketSnapshot.objects.filter(price_decimal__lte=1).exists()


class TestRow51:
    """An American price between -100 and 100."""

    @pytest.mark.parametrize("token", ["0", "50", "-50", "-99", "99", "1"])
    def test_is_none(self, feeding, token):
        receipt = numbers(feeding, token)

        assert "PRICE_NOT_ODDS" in codes(receipt)
        assert_the_rest_is_kept(receipt, most=2)

    def test_one_hundred_is(self, feeding):
        """Even money; its other side may not fit it, and then the pair says so by its sum."""
        assert "PRICE_NOT_ODDS" not in codes(numbers(feeding, "100"))


class TestRow52:
    """Decimal prices in an American feed, or sums that no book asks for."""

    def test_are_not_read_as_american(self, feeding):
        receipt = feeding.read({"fault": "decimals"})

        assert codes(receipt) <= {"PRICE_NOT_ODDS", "PRICE_NOT_A_NUMBER"}
        assert_the_rest_is_kept(receipt, least=2, most=2)

    @pytest.mark.parametrize("token", ["-2000", "2000"])
    def test_a_market_that_sums_to_nonsense_is_laid_aside(self, feeding, token):
        receipt = numbers(feeding, token)

        assert codes(receipt) == {"OVERROUND_OUT_OF_RANGE"}
        assert_the_rest_is_kept(receipt, least=2, most=2)


class TestRow53:
    """A side is missing, or there is one too many."""

    def test_half_a_market_is_none(self, feeding):
        receipt = feeding.read({"fault": "missing_side"})

        assert codes(receipt) == {"MISSING_SIDE"}
        assert_the_rest_is_kept(receipt, most=1)
        aside = QuarantinedRow.objects.get(poll=receipt.poll)
        left = LatestQuote.objects.filter(
            event__sources__source_event_id=aside.source_event_id,
            book__key=aside.book_key,
            selection__market_type="SPREAD",
        )
        assert left.count() == 2
        assert set(left.values_list("last_seen_at", flat=True)) == {AFTERNOON}  # and grows old

    def test_nor_is_one_with_a_draw_that_cannot_be(self, feeding):
        receipt = feeding.read({"fault": "third_side"})

        assert codes(receipt) == {"TOO_MANY_SIDES"}
        assert_the_rest_is_kept(receipt, most=3)


class TestRow55:
    """Both sides favoured, or the two sides of a total at two lines."""

    def test_the_spread_is_laid_aside(self, feeding):
        receipt = feeding.read({"fault": "same_sign"})

        assert codes(receipt) == {"SPREAD_SIGNS"}
        assert_the_rest_is_kept(receipt, least=2, most=2)

    def test_so_is_the_total(self, feeding):
        receipt = feeding.read({"fault": "totals_differ"})

        assert codes(receipt) == {"TOTALS_DIFFER"}
        assert_the_rest_is_kept(receipt, least=2, most=2)


class TestRow56:
    """A book or an outcome is named twice."""

    def test_the_newer_word_of_a_book_counts_and_counts_once(self, feeding):
        receipt = feeding.read({"fault": "twice_book"})
        same = feeding.read({"fault": "twice_book"}, after=MINUTE)

        assert codes(receipt) == codes(same) == {"DUPLICATE_BOOKMAKER"}
        assert receipt.written + receipt.unchanged == receipt.prices - receipt.quarantined_total
        twice = LatestQuote.objects.values("selection_id", "book_id").order_by().distinct().count()
        assert twice == LatestQuote.objects.count()

    def test_an_outcome_that_is_named_twice_is_decided_the_same_way_every_time(self, feeding):
        receipt = feeding.read({"fault": "twice_outcome"})

        assert codes(receipt) <= {"DUPLICATE_OUTCOME", "MISSING_SIDE", "TOO_MANY_SIDES"}
        assert "DUPLICATE_OUTCOME" in codes(receipt)
        assert receipt.prices > 150


class TestRow57:
    """A name is written otherwise."""

    @pytest.mark.parametrize("how", ["case", "nfd"])
    def test_the_same_name_is_found_however_it_is_written(self, feeding, how):
        receipt = feeding.read({"fault": "spelling", "how": how})

        assert receipt.quarantined == {}
        assert not ReviewItem.objects.exists()

    @pytest.mark.parametrize("how", ["right_to_left", "zero_width", "homoglyph", "emoji", "markup"])
    def test_another_is_asked_about_once_and_never_made_a_team(self, feeding, how):
        teams, events = Team.objects.count(), Event.objects.count()
        first = feeding.read({"fault": "spelling", "how": how})
        second = feeding.read({"fault": "spelling", "how": how})

        assert codes(first) == codes(second) == {"UNKNOWN_TEAM"}
        assert (Team.objects.count(), Event.objects.count()) == (teams, events)
        assert ReviewItem.objects.count() == 1
        assert_the_rest_is_kept(first, least=6, most=60)

    def test_what_it_is_marked_up_with_is_shown_and_never_obeyed(self, feeding, client, acme):
        receipt = feeding.read({"fault": "spelling", "how": "markup"})
        operator = OperatorFactory(email="olivia@beatvegas.test")
        host = {"host": OPERATORS_HOST}
        client.post(
            "/admin/login/", {"username": operator.email, "password": PASSWORD}, headers=host
        )

        item = ReviewItem.objects.get()
        pages = (
            "/admin/catalog/reviewitem/",
            f"/admin/catalog/reviewitem/{item.pk}/change/",
            f"/admin/snapshots/payloadreading/{receipt.pk}/change/",
            f"/admin/snapshots/rawpayload/{receipt.poll.payload_id}/change/",
        )
        shown = [client.get(page, headers=host) for page in pages]
        assert [answer.status_code for answer in shown] == [200] * len(pages)
        told = [answer.content.decode() for answer in shown]
        assert not [page for page, text in zip(pages, told, strict=True) if "<b>" in text]
        assert "&lt;b&gt;" in told[0] + told[1]

    def test_ten_thousand_letters_are_nobodys_name(self, feeding):
        receipt = feeding.read({"fault": "spelling", "how": "long"})

        assert codes(receipt) <= {"EVENT_SHAPE", "UNKNOWN_TEAM"}
        assert receipt.written + receipt.unchanged > 100


class TestRow58:
    """A quote was seen when it cannot have been."""

    @pytest.mark.parametrize(
        ("when", "code"),
        [
            ("future", "TIME_IN_FUTURE"),
            ("epoch", "TIME_IMPLAUSIBLE"),
            ("milliseconds", "TIME_UNREADABLE"),
            ("no_zone", "TIME_NAIVE"),
        ],
    )
    def test_it_is_laid_aside(self, feeding, when, code):
        receipt = feeding.read({"fault": "last_update", "when": when})

        assert codes(receipt) == {code}
        assert_the_rest_is_kept(receipt, least=2, most=2)

    def test_the_books_own_time_stands_in_for_one_that_is_missing(self, feeding):
        receipt = feeding.read({"fault": "last_update", "when": "missing"})

        assert receipt.quarantined == {}


class TestRow62:
    """More than anybody can hold."""

    @pytest.mark.parametrize("fault", ["huge", "many"])
    def test_fifty_megabytes_and_a_hundred_thousand_games_are_not_kept(self, feeding, fault):
        before = rows(), open_quotes()
        poll = feeding.fetch({"fault": fault, **({"count": 4_000} if fault == "many" else {})})

        assert (poll.outcome, poll.error_code) == ("UNREADABLE", "TOO_LARGE")
        assert poll.payload_id is None
        assert feeding.world.struck() == [1]
        assert (rows(), open_quotes()) == before

    def test_nor_is_what_is_nested_a_hundred_thousand_deep_read(self, feeding):
        before = rows(), open_quotes()
        receipt = feeding.read({"fault": "deep"})

        assert receipt.refused_code in ("PAYLOAD_TOO_DEEP", "PAYLOAD_TRUNCATED")
        assert (rows(), open_quotes()) == before
