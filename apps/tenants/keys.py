"""What an API key looks like, and how one is made: ``bv_live_<8>_<32>``.

The eight characters find the row, the 32 are the secret; together they are random enough that
one round of SHA-512 keeps them.
"""

import re

from rest_framework_api_key.crypto import KeyGenerator

BRAND = "bv_live_"  # what scanners for leaked secrets look for
_FORM = re.compile(rf"{BRAND}(?P<prefix>[A-Za-z0-9]{{8}})_[A-Za-z0-9]{{32}}")


class KeyMaker(KeyGenerator):
    """The library's generator and hasher, in our form."""

    def generate(self) -> tuple[str, str, str]:
        prefix = self.get_prefix()
        key = f"{BRAND}{prefix}_{self.get_secret_key()}"
        return key, prefix, self.hash(key)


def prefix_of(key: str) -> str | None:
    """Return the part by which a key's row is found; None: this is no key of ours."""
    form = _FORM.fullmatch(key)
    return None if form is None else form["prefix"]
