"""HTTP in and out: the API of `docs/http.md` and the screens. It translates; a rule found here is a bug."""
