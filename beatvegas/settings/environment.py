"""What the environment may say, read once and typed."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from psycopg.conninfo import conninfo_to_dict
from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

# A connection that has served many tenants remembers all their tables; then a new one is better.
POOL_LIFETIME_S = 900


class FromFiles(PydanticBaseSettingsSource):
    """Reads NAME from the file that NAME_FILE names: how secrets reach a container."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        path = os.environ.get(f"{field_name.upper()}_FILE", "")
        return (Path(path).read_text().strip() if path else None), field_name, False

    def __call__(self) -> dict[str, Any]:
        read = {
            name: self.get_field_value(field, name)[0]
            for name, field in self.settings_cls.model_fields.items()
        }
        return {name: text for name, text in read.items() if text is not None}


class Environment(BaseSettings):
    """One field per environment variable; an unset one keeps the default shown here.

    Every one can also be said by a file: NAME_FILE names it. NAME itself wins.
    """

    model_config = SettingsConfigDict(case_sensitive=False, extra="ignore")

    database_url: str = ""
    database_owner_url: str = ""
    # Where an address leaves its password out, so that it need not stand in a variable.
    database_password: SecretStr = SecretStr("")
    database_owner_password: SecretStr = SecretStr("")
    redis_password: SecretStr = SecretStr("")
    # Connections that the threads of one process share; 0 lets every thread keep its own.
    database_pool: int = 0
    redis_url: str = ""
    secret_key: str = ""
    secret_key_fallbacks: str = ""
    # Seals what rows keep secret: the tokens of bots, the secrets of webhooks.
    sealing_key: SecretStr = SecretStr("")
    sealing_key_fallbacks: SecretStr = SecretStr("")
    allowed_hosts: str = ""
    operators_hosts: str = "localhost,127.0.0.1"
    tenant_parent_domain: str = "localhost"
    csrf_trusted_origins: str = ""
    # Proxies in front whose X-Forwarded-For is believed, counted from this end.
    trusted_proxies: int = 0
    static_root: str = ""  # where collectstatic puts files; empty: static-collected here
    # Where days that leave the database go: a folder, or a storage class with its options as JSON.
    archive_root: str = ""  # empty: .stack/archive here
    archive_backend: str = "django.core.files.storage.FileSystemStorage"
    archive_options: dict[str, Any] = {}
    # How many days each great table keeps, where it is not the default: raw_body=30,...
    retention_days: str = ""
    app_version: str = "0.1.0"
    log_level: str = "INFO"
    log_format: str = ""  # text or json; empty: as the settings module has it
    # Whoever reads /metrics sends it; without one only a program on the same machine may.
    metrics_token: SecretStr = SecretStr("")
    # The Odds API; without a key its feeds record that nobody answers.
    odds_api_key: SecretStr = SecretStr("")
    odds_api_url: str = "https://api.the-odds-api.com"
    provider_files: str = ""  # a folder
    telegram_url: str = "https://api.telegram.org"
    # How a tenant's pages are addressed: {host} is its first domain.
    tenant_address: str = "https://{host}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings, env_settings, FromFiles(settings_cls))

    def model_post_init(self, _context: Any) -> None:
        self.database_url = with_password(self.database_url, self.database_password)
        self.database_owner_url = with_password(
            self.database_owner_url, self.database_owner_password
        )
        self.redis_url = with_password(self.redis_url, self.redis_password)

    def secrets(self) -> list[str]:
        """Return every secret that this process knows, so that no log line repeats one."""
        urls = (self.database_url, self.database_owner_url, self.redis_url)
        known = [unquote(urlsplit(url).password or "") for url in urls]
        known += [self.secret_key, *comma_separated(self.secret_key_fallbacks)]
        known += comma_separated(self.sealing_key_fallbacks.get_secret_value())
        known += [field.get_secret_value() for _name, field in self if isinstance(field, SecretStr)]
        return [secret for secret in known if secret]


def with_password(url: str, password: SecretStr) -> str:
    """Put a password into an address that has none."""
    parts = urlsplit(url)
    if not url or not password.get_secret_value() or parts.password:
        return url
    user, _, place = parts.netloc.rpartition("@")
    there = f"{user}:{quote(password.get_secret_value(), safe='')}@{place}"
    return parts._replace(netloc=there).geturl()


def comma_separated(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def numbers_by_name(text: str) -> dict[str, int]:
    """Read ``raw_body=30, audit_entry=3650``."""
    named = (part.partition("=") for part in comma_separated(text))
    return {name.strip(): int(number) for name, _, number in named}


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
