"""What everything answers to: audit, switches, configurations, job receipts."""
