import re
from pathlib import Path

ROWS = set(range(42, 64))


class TestFaultTable:
    def test_has_a_test_for_every_row_of_providers(self):
        tests = Path(__file__).parent.glob("test_*.py")
        found = {
            int(row)
            for file in tests
            for row in re.findall(r"^class TestRow(\d+):", file.read_text(), re.M)
        }

        assert found == ROWS
