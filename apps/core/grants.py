"""What a tenant's role may do on public tables, as data.

A role has everything on its own schema. Here stands the rest: facts are read, and of the
control plane exactly what an action that runs inside a tenant needs. Append-only tables grant
neither UPDATE nor DELETE, whatever is written here. ``core.ddl`` turns this into GRANT and row
security; a test reads every table of another tenant and is denied.
"""

from collections.abc import Mapping

READ = frozenset({"SELECT"})
APPEND = frozenset({"SELECT", "INSERT"})
KEEP = frozenset({"SELECT", "INSERT", "UPDATE"})
TRAVEL = frozenset({"SELECT", "UPDATE"})

# Identical for every tenant.
FACTS: frozenset[str] = frozenset(
    {
        "league",
        "team",
        "team_alias",
        "book",
        "settlement_ruleset",
        "event",
        "event_source",
        "event_schedule_change",
        "selection",
        "feed",
        "provider_poll",
        "payload_reading",
        "payload_rereading",
        "raw_payload",
        "market_snapshot",
        "latest_quote",
        "consensus",
        "result_snapshot",
        "sighting",
        "injury_report",
        "team_rating",
        "model_report",
        "model_version",
        "rated_game",
        "rating_day",
        "simulation_run",
        "evaluation_batch",
        "market_evaluation",
    }
)

CONTROL: Mapping[str, frozenset[str]] = {
    "tenant": READ,
    "domain": READ,
    "user": READ,
    "feature_flag": READ,
    "heartbeat": READ,
    "config_version": APPEND,
    "audit_entry": APPEND,
    "job_run": KEEP,
    "ops_alert": KEEP,
    "approval": KEEP,
    # The deliverer notes that a bot has to wait and that a chat has moved; it makes neither.
    "bot": TRAVEL,
    "channel": TRAVEL,
    "django_content_type": READ,
    "auth_permission": READ,
    "auth_group": READ,
}

# Public tables whose rows belong to a tenant: row-level security.
# The value says who else's rows a tenant may see: operators sign in a tenant's admin log, a
# tenant without a configuration of its own goes by the platform's, and the platform's switches
# and alerts stop everybody.
ROW_SECURITY: Mapping[str, tuple[str, ...]] = {
    "audit_entry": (),
    "bot": (),
    "channel": (),
    "config_version": ("public",),
    "domain": (),
    "feature_flag": ("public",),
    "job_run": (),
    "ops_alert": ("public",),
    "approval": (),
    "tenant": (),
    "user": ("public",),
}

# Whose a row is, in SQL, where no column tenant_schema says so.
TENANT_OF_ROW: Mapping[str, str] = {
    "feature_flag": "CASE WHEN scope LIKE 'tenant:%' THEN substr(scope, 8) ELSE 'public' END",
    "tenant": "schema_name",
}
