from django.apps import AppConfig


class PicksConfig(AppConfig):
    name = "apps.picks"
    verbose_name = "Picks"
