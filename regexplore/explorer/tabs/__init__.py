"""The tabs, one module each: a title, whom it is for, and what it shows."""
