"""Instants are whole Unix seconds inside, and ISO in UTC outside."""

from datetime import UTC, datetime


def iso(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
