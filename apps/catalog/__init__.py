"""What exists: leagues, teams and their spellings, books, events, selections, settlement rules."""
