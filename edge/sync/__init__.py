"""The national link: the edge's side here, the reference server of the other side in `reference/`, which is a process of its own."""
