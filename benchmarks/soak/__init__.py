"""A day of eight leagues, sixty times faster than it passes, with workers that are killed.

The sandbox plays, over sockets; the real adapter asks it, and the real stages fetch and read in
two processes on one database. One of them is killed, not asked to stop, again and again. At the
end everything that was due has been done, once, and nothing is missing.
"""
