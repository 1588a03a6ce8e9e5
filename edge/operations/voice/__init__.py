"""What is said aloud when a number is called: composed from tables, made ahead of the call, kept as sound.

`numerals` and `phrases` are tables and know no sound; `sound`, `espeak` and `clips` make sound and know no hall; `announcements` joins them.
"""
