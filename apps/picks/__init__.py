"""What a tenant recommends, how far each recommendation travelled, and where the market closed."""
