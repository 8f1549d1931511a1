"""django-waffle as it is installed here: its models and its cache, without its signals."""

from waffle.apps import WaffleConfig


class Waffle(WaffleConfig):
    default = False

    def ready(self) -> None:
        """Its signals follow people and groups, whom our roll-outs do not know."""
