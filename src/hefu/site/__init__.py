"""Where everything is put together: settings, addresses, listeners and the schedule."""
