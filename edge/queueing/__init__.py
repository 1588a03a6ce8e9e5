"""The rules of the hall, pure: standard library only, no clock, no input or output, no logging.

Time comes in as ``tick`` (integer seconds since the day was opened) and as ``at`` in facts; identifiers come in with commands.
"""
