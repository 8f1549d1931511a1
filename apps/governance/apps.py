from celery.signals import before_task_publish
from django.apps import AppConfig


class GovernanceConfig(AppConfig):
    name = "apps.governance"
    verbose_name = "Governance"

    def ready(self) -> None:
        from apps.governance.jobs.header import stamp_message

        before_task_publish.connect(stamp_message)
