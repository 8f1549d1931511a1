"""Bodies into typed values, and everything that is wrong with them into codes. No database."""
