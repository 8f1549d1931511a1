"""How the rules say no: one exception with a stable code and a sentence for an operator."""

from typing import ClassVar


class RuleBroken(Exception):
    """A refusal that somebody can act on.

    Subclasses stand beside the function that raises them and set ``code``, which is
    stable: the API, the audit log and the quarantine all show it.
    """

    code: ClassVar[str] = "RULE_BROKEN"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
