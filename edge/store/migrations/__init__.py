"""The schema, step by step: `NNNN_what.sql`, forward only."""
