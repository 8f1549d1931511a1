"""The Odds API v4, live over HTTP: what the world quotes now, and how its games ended."""

from apps.snapshots.providers.oddsapi.adapter import OddsApi
from apps.snapshots.providers.oddsapi.client import AddressRefused, Client
from apps.snapshots.providers.oddsapi.envelope import Envelope, EnvelopeBroken, opened
from apps.snapshots.providers.oddsapi.secrets import Key

__all__ = ["AddressRefused", "Client", "Envelope", "EnvelopeBroken", "Key", "OddsApi", "opened"]
