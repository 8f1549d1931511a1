"""The outside world behind small typed protocols: whoever answers, the rest cannot tell."""
