import re
from pathlib import Path

ROWS = {17, *range(42, 64)}  # of the switches, and of providers


class TestFaultTable:
    def test_has_a_class_here_for_each_of_these_rows(self):
        tests = Path(__file__).parent.glob("test_*.py")
        found = {
            int(row)
            for file in tests
            for row in re.findall(r"^class TestRow(\d+):", file.read_text(), re.M)
        }

        assert found == ROWS
