import time

from apps.core.ids import uuid7


class TestUuid7:
    def test_is_of_version_seven_and_the_standard_variant(self):
        made = uuid7()

        assert made.version == 7
        assert made.variant == "specified in RFC 4122"

    def test_sorts_by_the_time_it_was_made(self):
        earlier = uuid7()
        time.sleep(0.003)

        assert uuid7() > earlier

    def test_never_repeats_in_a_burst(self):
        assert len({uuid7() for _ in range(10_000)}) == 10_000
