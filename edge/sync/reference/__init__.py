"""The reference national server: a process of its own (`edge national`), which of the edge imports `queueing.chain` alone.

Store, then apply: what is acknowledged was verified and is durable, whatever the domain thinks of it. Each centre is served by itself: all keys begin
with the centre, and one transaction at a time changes what belongs to one centre.
"""
