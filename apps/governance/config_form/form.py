"""The form of one configuration, and whether what was typed may be its next version."""

from collections.abc import Mapping
from datetime import datetime
from typing import cast

from django.http import QueryDict

from apps.governance import configs
from apps.governance.config_form.drawing import EFFECTIVE_FROM, DocumentForm
from apps.governance.config_form.outline import outline
from apps.governance.config_form.subjects import Subject, profiles_of
from apps.governance.models import ConfigVersion, Section

# Whose words are rows of the database: the profiles that the league has.
_PROFILES: Mapping[str, Section] = {
    "market_profile": Section.MARKET,
    "model_profile": Section.MODEL,
}


class ConfigForm(DocumentForm):
    """Made anew for each request; `version` is what would be stored once it is valid."""

    def __init__(
        self,
        subject: Subject,
        *,
        at: datetime,
        typed: QueryDict | None = None,
        judged: bool = True,
    ) -> None:
        self.subject = subject
        self.at = at
        self.newest = subject.newest()
        self.version: ConfigVersion | None = None
        kind = configs.KINDS[subject.section]
        super().__init__(
            kind,
            outline(kind),
            before=subject.beginning(at),
            number=self.newest.number if self.newest else 0,
            named={"league": subject.league},
            typed=typed,
            judged=judged,
            words=_words(subject),
        )
        self.document = cast(configs.AnyConfig | None, self.typed_document)
        if self.document is not None:
            self._ask(self.document)

    def _ask(self, document: configs.AnyConfig) -> None:
        try:
            self.version = configs.draft(
                document,
                at=self.at,
                tenant=self.subject.tenant,
                profile=self.subject.profile,
                effective_from=self.since,
                seen=self.seen,
            )
        except configs.ConfigRetroactive as refusal:
            self.problems[EFFECTIVE_FROM].append(refusal.sentence)
        except (configs.ConfigUnchanged, configs.ConfigChanged, configs.ProfileUnknown) as refusal:
            self.problems[""].append(f"{refusal.sentence} ({refusal.code})")


def _words(subject: Subject) -> dict[str, tuple[str, ...]]:
    if subject.section is not Section.OPINION:
        return {}
    return {name: tuple(profiles_of(of, subject.league)) for name, of in _PROFILES.items()}
