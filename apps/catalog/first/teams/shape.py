"""What is known of a team before anybody has played."""

from typing import NamedTuple


class FirstTeam(NamedTuple):
    """A team as it is installed; what is empty nobody has said."""

    name: str
    abbreviation: str = ""
    colour: str = ""  # its first one, #RRGGBB
    formerly: tuple[str, ...] = ()  # abbreviations that its archive used before
    also: tuple[str, ...] = ()  # other names that the identity provider has used
