from django.apps import AppConfig


class GradingConfig(AppConfig):
    name = "apps.grading"
    verbose_name = "Grading"
