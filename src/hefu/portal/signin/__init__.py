"""Sign-in, sign-out, passwords, second factor, locks."""
