"""Sessions in the database, each bound to the tenant on whose host it began."""

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db

from apps.core.tenancy import PUBLIC


class SessionStore(db.SessionStore):
    """Loads a session only for the tenant it belongs to.

    A key that belongs to another tenant is remembered in ``stolen_from`` and otherwise
    treated like an unknown one, so that whoever brings it is anonymous.
    """

    def __init__(self, session_key: str | None = None, tenant_schema: str = PUBLIC) -> None:
        super().__init__(session_key)
        self.tenant_schema = tenant_schema
        self.stolen_from: str | None = None

    @classmethod
    def get_model_class(cls) -> Any:
        from apps.tenants.models import Session

        return Session

    def _get_session_from_db(self) -> Any:
        row = super()._get_session_from_db()  # type: ignore[misc]
        if row is not None and row.tenant_id != self.tenant_schema:
            self.stolen_from = row.tenant_id
            self._session_key = None
            return None
        return row

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        row: Any = super().create_model_instance(data)
        row.tenant_id = self.tenant_schema
        row.user_id = data.get(SESSION_KEY)
        return row
