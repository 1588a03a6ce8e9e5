"""`edge sync conformance`: what a national server must keep of `docs/sync.md`, asked of one over HTTP; nothing of ours beside the chain is used.

It plays a box of a centre that is enrolled for it alone: it binds the centre's first node and leaves events behind.
"""
