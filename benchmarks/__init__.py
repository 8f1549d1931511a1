"""Speed, measured against a physical limit and against what a user would pick instead.

One file ``pNN_<what>.py`` per row of docs/performance; each exposes ``run() -> list[Row]``.
``python -m benchmarks`` runs them all, ``python -m benchmarks P5 P6`` some.
"""
