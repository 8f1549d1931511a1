"""Rows of the fault table that outsiders play: the sandbox does it, over sockets, on order."""
