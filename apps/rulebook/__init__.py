"""The game itself: odds, simulation, settlement, lifecycle. Pure Python and numpy, no I/O."""
