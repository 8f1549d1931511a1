"""What the environment may say, read once and typed."""

from typing import Any

from psycopg.conninfo import conninfo_to_dict
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

# A connection that has served many tenants remembers all their tables; then a new one is better.
POOL_LIFETIME_S = 900


class Environment(BaseSettings):
    """One field per environment variable; an unset one keeps the default shown here."""

    model_config = SettingsConfigDict(case_sensitive=False, extra="ignore")

    database_url: str = ""
    database_owner_url: str = ""
    # Connections that the threads of one process share; 0 lets every thread keep its own.
    database_pool: int = 0
    redis_url: str = ""
    secret_key: str = ""
    secret_key_fallbacks: str = ""
    allowed_hosts: str = ""
    operators_hosts: str = "localhost,127.0.0.1"
    tenant_parent_domain: str = "localhost"
    csrf_trusted_origins: str = ""
    app_version: str = "0.1.0"
    log_level: str = "INFO"
    # The Odds API; without a key its feeds record that nobody answers.
    odds_api_key: SecretStr = SecretStr("")
    odds_api_url: str = "https://api.the-odds-api.com"


def comma_separated(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def database(url: str, *, pool: int = 0) -> dict[str, Any]:
    """Turn a PostgreSQL URL into Django's connection settings."""
    parts = conninfo_to_dict(url) if url else {}
    known = {"dbname", "user", "password", "host", "port"}
    options: dict[str, Any] = {key: value for key, value in parts.items() if key not in known}
    if pool:
        options["pool"] = {"min_size": 1, "max_size": pool, "max_lifetime": POOL_LIFETIME_S}
    return {
        "ENGINE": "apps.core.postgres",
        "NAME": parts.get("dbname", ""),
        "USER": parts.get("user", ""),
        "PASSWORD": parts.get("password", ""),
        "HOST": parts.get("host", ""),
        "PORT": str(parts.get("port", "")),
        "OPTIONS": options,
        # Who has a pool gives the connection back after each request, the others keep theirs.
        "CONN_MAX_AGE": 0 if pool else None,
        "CONN_HEALTH_CHECKS": bool(pool),
        "ATOMIC_REQUESTS": False,
    }
