"""Who does something: a person, a job or the system, never a guess."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self


class ActorType(StrEnum):
    SYSTEM = "SYSTEM"
    JOB = "JOB"
    USER = "USER"
    ADMIN = "ADMIN"
    OPS = "OPS"
    API = "API"


@dataclass(frozen=True, slots=True)
class Actor:
    """The one who acts, as an audit entry keeps it."""

    type: ActorType
    id: str
    on_behalf_of: str = ""
    auth_method: str = ""
    ip: str | None = None
    user_agent: str = ""
    request_id: str = ""
    task_id: str = ""

    @classmethod
    def system(cls, name: str) -> Self:
        """The platform itself, for example while it installs its first rows."""
        return cls(type=ActorType.SYSTEM, id=name)

    @classmethod
    def job(cls, name: str, task_id: str = "") -> Self:
        return cls(type=ActorType.JOB, id=name, task_id=task_id)

    @classmethod
    def staff(cls, user: Any, request: Any = None) -> Self:
        """A person in the console; with the request also from where and how.

        Administrators and operators are the platform's; a tenant's own staff are its users.
        """
        kind = ActorType.OPS if user.is_operator else ActorType.USER
        if user.is_administrator:
            kind = ActorType.ADMIN
        if request is None:
            return cls(type=kind, id=user.get_username(), auth_method="session")
        return cls(
            type=kind,
            id=user.get_username(),
            auth_method="session",
            ip=request.META.get("REMOTE_ADDR") or None,
            user_agent=request.headers.get("User-Agent", "")[:256],
            request_id=request.headers.get("X-Request-ID", "")[:64],
        )

    @classmethod
    def program(cls, schema: str, key_prefix: str, request: Any) -> Self:
        """A tenant's program that came with an API key; the part that finds the key names it."""
        return cls(
            type=ActorType.API,
            id=f"{schema}/key:{key_prefix}",
            auth_method="api_key",
            ip=request.META.get("REMOTE_ADDR") or None,
            user_agent=request.headers.get("User-Agent", "")[:256],
            request_id=request.headers.get("X-Request-ID", "")[:64],
        )
