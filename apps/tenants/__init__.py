"""Tenants, the addresses they are found under, the people in them, and how all three are made."""
