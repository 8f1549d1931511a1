"""How Django itself writes an instant, where no page of ours does: as `core.formats` does."""
