from celery.signals import before_task_publish
from django.apps import AppConfig


class GovernanceConfig(AppConfig):
    name = "apps.governance"
    verbose_name = "Governance"

    def ready(self) -> None:
        from apps.core import doors
        from apps.governance import alerts
        from apps.governance.jobs.header import stamp_message

        doors.listen(alerts.at_door)
        before_task_publish.connect(stamp_message)
