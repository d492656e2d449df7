"""Follows the changes of a table of MySQL or MariaDB by the server's binary log."""
