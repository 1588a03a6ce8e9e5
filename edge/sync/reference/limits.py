"""How much one call may bring, and what is read of a body at all."""

MAX_EVENTS = 1000
MAX_BYTES = 1024 * 1024  # of a batch, unpacked; one X-Road message
ALONE_BYTES = 16 * 1024 * 1024  # of a single event, which cannot be made smaller
PACKED_BYTES = ALONE_BYTES + 1024 * 1024  # a body as it travels; waitress stops reading there
HELLO_BYTES = 256 * 1024
PAGE_BYTES = 512 * 1024  # of an answer, unless a single line is longer
PAGE_LINES = 1000
LIMITS = {"max_events": MAX_EVENTS, "max_bytes": MAX_BYTES, "encodings": ["gzip"]}
