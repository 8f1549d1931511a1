"""How a person's one unique name is made of their tenant and their address."""

LONGEST_LOGIN = 150  # an audit entry names its actor by it


def login_name(schema: str, *, email: str | None, telegram_user_id: int | None = None) -> str:
    """Return ``<schema>/<e-mail>`` in small letters, or ``<schema>/tg:<Telegram id>``."""
    person = email.lower() if email else f"tg:{telegram_user_id}"
    return f"{schema}/{person}"
