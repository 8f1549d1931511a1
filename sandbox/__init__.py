"""The outside world, imitated: a league that is made up, its games, and the books that quote them.

One HTTP server over a world that is a pure function of a seed, an epoch and the instant asked
for. The platform talks to it as it talks to a real provider; neither imports the other.
"""
