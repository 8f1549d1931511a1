"""What can be wrong with the machine, in sentences that say what to do."""


class StackTrouble(Exception):
    """The embedded servers cannot run here. The message names the cause and the way out."""
