"""Settle graded picks again, by another version of the rules: shown first, then written."""

import json
from argparse import ArgumentParser
from collections import Counter
from dataclasses import asdict
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.core import clock
from apps.core.actor import Actor
from apps.core.canonical import encode
from apps.core.tenancy import active_schemas, tenant_scope
from apps.grading.actions import Regraded, regrade
from apps.rulebook.errors import RuleBroken

_SHOWN = 50  # picks named one by one; --json has them all


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--from", dest="first", required=True, type=date.fromisoformat, help="league day, ISO"
        )
        parser.add_argument(
            "--to", dest="last", required=True, type=date.fromisoformat, help="the last one, too"
        )
        parser.add_argument("--rules", required=True, type=_version, help="their version: v2")
        parser.add_argument("--league", default="", help="its code; every league without it")
        parser.add_argument("--tenant", default="", help="its schema; every tenant without it")
        parser.add_argument("--tag", default="", help="kept with each revision; rules-v2 without")
        parser.add_argument("--dry-run", action="store_true", help="show, and write nothing")
        parser.add_argument("--json", action="store_true", help="print everything as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        schemas = [options["tenant"]] if options["tenant"] else active_schemas()
        told = {}
        for schema in schemas:
            try:
                shown = self._settle(schema, options, dry_run=True)
                if not options["json"]:
                    self.stdout.write(_told(schema, shown))
                if not options["dry_run"]:
                    shown = self._settle(schema, options, dry_run=False)
                    if not options["json"]:
                        self.stdout.write(_written(schema, shown))
            except RuleBroken as refusal:
                raise CommandError(f"{schema}: {refusal.sentence} ({refusal.code})") from refusal
            told[schema] = {**asdict(shown), "profit_moved": shown.profit_moved}
        if options["json"]:
            self.stdout.write(json.dumps(json.loads(encode(told)), indent=2, sort_keys=True))

    def _settle(self, schema: str, options: dict[str, Any], *, dry_run: bool) -> Regraded:
        with tenant_scope(schema):
            return regrade(
                first=options["first"],
                last=options["last"],
                version=options["rules"],
                tag=options["tag"] or f"rules-v{options['rules']}",
                league=options["league"],
                dry_run=dry_run,
                by=Actor.system("ops.regrade"),
                at=clock.now(),
            )


def _version(text: str) -> int:
    return int(text.removeprefix("v"))


def _told(schema: str, found: Regraded) -> str:
    """Say what would change: each pick that does, and all of them in numbers."""
    lines = [
        f"{schema}: {found.looked} graded picks, {len(found.differences)} get a revision,"
        f" {found.changed} end otherwise, profit {found.profit_moved:+.4f} units"
    ]
    changed = [one for one in found.differences if one.changes]
    lines += [
        f"  {one.pick_id} {one.league}: {one.was} {one.profit_was:+.4f}"
        f" -> {one.becomes} {one.profit_becomes:+.4f}"
        for one in changed[:_SHOWN]
    ]
    if len(changed) > _SHOWN:
        lines.append(f"  and {len(changed) - _SHOWN} more")
    moved = Counter((one.was, one.becomes) for one in found.differences)
    lines += [f"  {was} -> {becomes}: {n}" for (was, becomes), n in sorted(moved.items())]
    lines += [f"  stays, {why}: {n}" for why, n in found.kept.items()]
    if found.parlays:
        otherwise = sum(one.changes for one in found.parlays)
        lines.append(f"  {len(found.parlays)} parlays follow, {otherwise} end otherwise")
        ends = Counter(
            f"{one.was} {one.profit_was:+.4f} -> {one.becomes} {one.profit_becomes:+.4f}"
            for one in found.parlays
        )
        lines += [f"    {end}: {n}" for end, n in sorted(ends.items())[:_SHOWN]]
        if len(ends) > _SHOWN:
            lines.append(f"    and {len(ends) - _SHOWN} other ends")
    return "\n".join(lines)


def _written(schema: str, found: Regraded) -> str:
    followed = f", and {found.parlays_written} of parlays" if found.parlays_written else ""
    return f"{schema}: {found.written} revisions written{followed}."
