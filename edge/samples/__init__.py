"""The documents that `edge init` and `edge demo` start from, with comments for the person who edits them."""
