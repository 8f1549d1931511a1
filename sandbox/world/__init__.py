"""What happens out there: teams, games, and what books say of them, instant by instant."""

from sandbox.world.games import Game
from sandbox.world.history import World

__all__ = ["Game", "World"]
