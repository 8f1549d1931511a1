"""The public door over HTTP: what a tenant's programs may read of it, as JSON."""
