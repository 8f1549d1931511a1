"""What the world said, and when: polls, raw bodies, quotes, consensus, results."""
