"""Settings by environment: dev, test, rehearsal and prod build on base."""
