"""One way into a tenant, no threads, no late tasks, one permitted signal, no generic keys."""

from weakref import ReferenceType

import pytest
from django.db.models import signals as model_signals

from apps.core.tests.house import habits
from apps.core.tests.house.tree import Source, sources


class TestTenants:
    def test_are_entered_and_left_by_their_scope_only(self):
        found = [found for source in sources() for found in habits.tenant_switches(source)]

        assert found == []

    @pytest.mark.parametrize(
        "line",
        [
            "connection.set_schema('acme')",
            "connection.set_tenant(tenant)",
            "with schema_context('acme'): pass",
            "with tenant_context(tenant): pass",
            "with tenant: pass",
            "with request.tenant: pass",
            "with open('x') as f, the_tenant: pass",
        ],
    )
    def test_are_guarded_from_other_ways_in(self, line):
        assert habits.tenant_switches(Source("apps/picks/tasks.py", line))

    def test_are_entered_by_their_scope_freely(self):
        fine = Source("apps/picks/tasks.py", "with tenant_scope(tenant): pass")

        assert habits.tenant_switches(fine) == []


class TestThreads:
    def test_are_started_by_core_only(self):
        assert [found for source in sources() for found in habits.threads(source)] == []

    @pytest.mark.parametrize(
        "line",
        [
            "import threading\nthreading.Thread(target=work)",
            "from threading import Thread\nThread(target=work)",
            "from concurrent.futures import ThreadPoolExecutor\nThreadPoolExecutor(2)",
        ],
    )
    def test_are_found(self, line):
        assert habits.threads(Source("apps/picks/actions.py", line))


class TestLateTasks:
    def test_are_rung_for_by_nobody(self):
        """Row 11 of the fault table."""
        assert [found for source in sources() for found in habits.late_tasks(source)] == []

    @pytest.mark.parametrize(
        "line",
        [
            "deliver.apply_async(countdown=77)",
            "current_app.send_task('picks.deliver', eta=soon)",
            "raise self.retry(countdown=60)",
        ],
    )
    def test_are_found(self, line):
        assert habits.late_tasks(Source("apps/picks/tasks.py", line))


class TestSignals:
    def test_are_used_by_nobody_of_ours(self):
        assert [found for source in sources() for found in habits.signals(source)] == []

    @pytest.mark.parametrize("name", ["pre_save", "post_save", "pre_delete", "post_delete"])
    def test_are_received_by_nobody_of_ours(self, name):
        heard = [entry[1] for entry in getattr(model_signals, name).receivers]
        listening = [one() if isinstance(one, ReferenceType) else one for one in heard]

        assert any(one.__module__.startswith("simple_history.") for one in listening) or (
            name == "pre_save"
        )
        assert [one for one in listening if one.__module__.startswith("apps.")] == []

    @pytest.mark.parametrize(
        "line",
        [
            "from django.db.models.signals import post_save",
            "from django.dispatch import receiver",
            "from django.db.models import signals\nsignals.post_save.connect(work)",
        ],
    )
    def test_are_found(self, line):
        assert habits.signals(Source("apps/picks/models.py", line))


class TestGenericKeys:
    def test_are_used_by_nobody(self):
        assert [found for source in sources() for found in habits.generic_keys(source)] == []

    def test_are_found(self):
        line = "from django.contrib.contenttypes.fields import GenericForeignKey"

        assert habits.generic_keys(Source("apps/picks/models.py", line))
