"""Make the last days again from the bytes that were stored, and hold them against what was live.

The live database is read in one snapshot and never written. A scratch database gets what people
decided and the stored answers of providers; a process of its own reads them again and calls the
same stages at the instants at which they were called. What both sides say is compared at the end.
"""
