"""SQLite through peewee on APSW. Plain values go in and come out; no row object leaves this room."""
