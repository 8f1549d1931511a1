"""Who signs in: a person of the host's tenant, by the address they type."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from apps.tenants.logins import login_name
from apps.tenants.models import User


class TenantBackend(ModelBackend):
    """Password log-in. The host says which tenant; a person cannot choose one."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **credentials: Any,
    ) -> User | None:
        host_tenant = getattr(request, "host_tenant", None)
        if host_tenant is None or not username or password is None:
            return None
        login = login_name(host_tenant.schema_name, email=username.strip())
        user = User.across_tenants.filter(login=login).first()
        if user is None:
            # As much work as for a known address, so that time does not tell which exist.
            User().set_password(password)
            return None
        if user.check_password(password) and self.user_can_authenticate(user):
            return user
        return None

    def get_user(self, user_id: Any) -> User | None:
        user = User.across_tenants.filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None
