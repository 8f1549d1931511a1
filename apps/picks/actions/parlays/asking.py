"""What somebody asks for, and what cannot be asked."""

import re
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from apps.core.canonical import fingerprint
from apps.rulebook.errors import RuleBroken
from apps.rulebook.thresholds import ParlayConfig

PAIR: Final = 2  # fewer legs than a profile allows: only as two picks that somebody names
_KEY: Final = re.compile(r"[!-{}~]{1,80}")  # what prints, without spaces and bars
_HIGHEST_SEED: Final = 2**63 - 1


class ParlayMisasked(RuleBroken):
    code = "PARLAY_MISASKED"


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: the same under the same key, whoever asks it again."""

    key: str
    profile: str
    legs: int
    picks: tuple[UUID, ...]  # named ones; empty: the slate's heaviest
    same_game: bool
    seed: int

    @property
    def sha256(self) -> str:
        return fingerprint([self.profile, self.legs, sorted(self.picks), self.same_game, self.seed])


def require_sound(
    config: ParlayConfig,
    *,
    key: str,
    profile: str,
    legs: int | None,
    picks: tuple[UUID, ...],
    same_game: bool,
    seed: int,
) -> Asked:
    """Return the question in full, or say why it is none.

    Raises:
        ParlayMisasked: a number of legs that the profile has not, picks named twice or too many,
            legs of one game where the profile takes none, an unusable key or seed.
    """
    if not _KEY.fullmatch(key):
        raise ParlayMisasked("A key has 1 to 80 printable characters, no spaces and no bars.")
    if not 0 <= seed <= _HIGHEST_SEED:
        raise ParlayMisasked(f"A seed lies between 0 and {_HIGHEST_SEED}.")
    if same_game and config.limits.per_game < PAIR:
        raise ParlayMisasked(f"Profile {profile} takes one leg of a game and no more.")
    fewest, most = config.legs.fewest, config.legs.most
    if picks:
        if len(set(picks)) != len(picks):
            raise ParlayMisasked("A pick stands in a parlay once.")
        if legs not in (None, len(picks)):
            raise ParlayMisasked(f"{len(picks)} picks are named, and {legs} legs are asked for.")
        if len(picks) != PAIR and not fewest <= len(picks) <= most:
            raise ParlayMisasked(
                f"Name 2 picks for a pair, or {fewest} to {most} under profile {profile}."
            )
        return Asked(key, profile, len(picks), picks, same_game, seed)
    wanted = config.legs.usual if legs is None else legs
    if not fewest <= wanted <= most:
        raise ParlayMisasked(
            f"Profile {profile} makes parlays of {fewest} to {most} legs; two are a pair, and a"
            " pair is named."
        )
    return Asked(key, profile, wanted, (), same_game, seed)
