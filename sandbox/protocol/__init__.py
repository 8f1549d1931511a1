"""The Odds API v4, as its clients see it: questions, bodies, credits, refusals."""
