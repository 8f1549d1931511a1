"""The few Django tools every room uses."""
