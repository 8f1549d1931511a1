"""What no browser talks to in a development stack: workers, beat, the player of the past.

Django's debug mode keeps and writes out every statement, which only a page can show to anybody.
"""

from beatvegas.settings.dev import *  # noqa: F403

DEBUG = False
