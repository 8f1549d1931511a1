"""One way to write an instant, with the name of its zone."""

DATE_FORMAT = "D j M Y"
TIME_FORMAT = "H:i:s"
DATETIME_FORMAT = "D j M Y, H:i:s e"
