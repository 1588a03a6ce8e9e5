"""Days of an imagined centre, driven through the same pure functions as the hall: how good the promises are, and what other rules would do."""
