from types import SimpleNamespace

from beatvegas.acceptance import PAGE, AcceptanceWatch, missing_tests, named_tests


def report(nodeid, outcome, longrepr=""):
    return SimpleNamespace(
        nodeid=nodeid,
        when="call",
        skipped=outcome == "skipped",
        failed=outcome == "failed",
        longrepr=longrepr,
    )


class TestAcceptancePage:
    def test_names_only_tests_that_exist(self):
        names = named_tests()

        assert len(names) > 20
        assert missing_tests(names) == []

    def test_answers_every_line_with_a_proof_or_with_later(self):
        rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")]
        answers = [row.rstrip("| ").rsplit("|", 1)[-1].strip() for row in rows]

        unanswered = [
            row
            for row, answer in zip(rows, answers, strict=True)
            if not ("`" in answer or answer.startswith(("later", "shown by", "-")))
        ]
        assert unanswered == []


class TestAcceptanceWatch:
    def test_finds_a_name_that_nothing_defines(self, tmp_path):
        (tmp_path / "apps").mkdir()
        (tmp_path / "apps" / "test_a.py").write_text("class TestA:\n    def test_b(self): ...\n")
        names = ["apps/test_a.py::TestA::test_b", "apps/test_a.py::TestA::test_c", "apps/x.py"]

        assert missing_tests(names, tmp_path) == names[1:]

    def test_reports_what_was_skipped_failed_or_never_run(self):
        watch = AcceptanceWatch()
        watch.pytest_runtest_logreport(report("apps/a.py::test_one[x]", "passed"))
        watch.pytest_runtest_logreport(report("apps/a.py::test_one[y]", "failed"))
        watch.pytest_runtest_logreport(report("apps/a.py::test_two", "skipped", "no reason"))
        watch.pytest_runtest_logreport(report("apps/a.py::test_three", "passed"))
        watch.pytest_runtest_logreport(report("apps/a.py::test_five[x]", "passed"))
        watch.pytest_runtest_logreport(report("apps/a.py::test_five[y]", "skipped", "no reason"))
        names = [f"apps/a.py::test_{number}" for number in ("one", "two", "three", "four", "five")]

        assert watch.verdicts(names) == [
            "apps/a.py::test_one: failed",
            "apps/a.py::test_two: skipped",
            "apps/a.py::test_four: did not run",
            "apps/a.py::test_five: skipped",
        ]

    def test_forgives_a_skip_for_absent_data_only(self):
        watch = AcceptanceWatch()
        watch.pytest_runtest_logreport(
            report("apps/a.py::test_one", "skipped", "shared data is not beside the project")
        )

        assert watch.verdicts(["apps/a.py::test_one", "apps/a.py"]) == []
