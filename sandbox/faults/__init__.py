"""What may go wrong with an answer: which fault strikes which call, and what it does to it."""

from sandbox.faults.plan import Fault, FaultPlan, Unreadable

__all__ = ["Fault", "FaultPlan", "Unreadable"]
