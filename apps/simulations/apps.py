from django.apps import AppConfig


class SimulationsConfig(AppConfig):
    name = "apps.simulations"
    verbose_name = "Simulations"
