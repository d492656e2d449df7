"""Every periodic task: what, how often. Each is safe to run twice."""
