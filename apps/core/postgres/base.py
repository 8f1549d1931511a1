"""The database backend: tenant role and search path are set together, in one round trip."""

from typing import Any

import psycopg
from django.db.utils import DatabaseError
from django_tenants.postgresql_backend import base
from psycopg.pq import ExecStatus, TransactionStatus

from apps.core.roles import tenant_role

PUBLIC = "public"


class DatabaseWrapper(base.DatabaseWrapper):
    """Enters a tenant by becoming its role.

    A schema that is not a tenant has no role, so a typing error is a refusal of the server and
    never a silent landing in public. The owner's connection (``core.ddl``) keeps its own role.
    """

    tenant: Any
    schema_name: Any
    search_path_set_schemas: Any
    _setting_search_path: bool

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.becomes_tenant_roles = True
        self._switches: dict[tuple[Any, ...], str] = {}
        super().__init__(*args, **kwargs)

    def set_tenant(self, tenant: Any, include_public: bool = True) -> None:
        """Note where the next statement belongs; that statement tells the server.

        Told anew each time, whatever somebody may have set in between. Content types are the
        same everywhere here (they stand in public only), so what is known of them is kept.
        """
        self.tenant = tenant
        self.schema_name = tenant.schema_name
        self.include_public_schema = include_public
        self.search_path_set_schemas = None

    def _handle_search_path(self, cursor: Any = None) -> None:
        wanted = (self.schema_name, self.include_public_schema)
        if self._setting_search_path or self.search_path_set_schemas == wanted:
            return
        database = self.settings_dict["NAME"] if self.becomes_tenant_roles else None
        key = (database, *wanted)
        if key not in self._switches:
            self._switches[key] = self._switch()
        self._setting_search_path = True
        own_cursor = self.connection.cursor() if cursor is None else cursor
        try:
            if self._is_about_to_begin():
                self._begin_with(self._switches[key])
            else:
                own_cursor.execute(self._switches[key])
        except (DatabaseError, psycopg.Error):
            self.search_path_set_schemas = None
            # Inside a failed transaction every statement fails until the roll-back, which
            # itself asks for a cursor: let that one through.
            if not self.in_atomic_block:
                raise
        else:
            self.search_path_set_schemas = wanted
        finally:
            self._setting_search_path = False
            if cursor is None:
                own_cursor.close()

    def _is_about_to_begin(self) -> bool:
        """Whether the driver would send a BEGIN of its own before the next statement."""
        status = self.connection.pgconn.transaction_status
        return (
            status == TransactionStatus.IDLE
            and not self.connection.autocommit
            and self.connection.isolation_level is None
        )

    def _begin_with(self, switch: str) -> None:
        """Begin the transaction and switch: a turn that enters a tenant saves a round trip."""
        done = self.connection.pgconn.exec_(f"BEGIN; {switch}".encode())
        if done.status != ExecStatus.COMMAND_OK:
            with self.wrap_database_errors:
                raise psycopg.errors.error_from_result(done)

    def _switch(self) -> str:
        """Write the SETs as one text: the server runs it whole or not at all.

        Half the time of one SELECT of set_config calls, which would be planned and answered
        with a row, and nothing is bound: every name is a quoted identifier.
        """
        quoted = base.quote_schema_name
        role = "NONE"
        if self.schema_name != PUBLIC and self.becomes_tenant_roles:
            role = quoted(tenant_role(self.settings_dict["NAME"], self.schema_name))
        path = ", ".join(map(quoted, self._get_cursor_search_paths()))
        return (
            f"SET role TO {role}; SET search_path TO {path};"
            f" SET bv.tenant TO {quoted(self.schema_name)}"
        )
