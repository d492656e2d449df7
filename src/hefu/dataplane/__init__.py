"""The data plane: carries granted rows from a provider to a consumer. It trusts the ticket alone.

No Django and no rooms in here. The way in is `hefu.dataplane.run.deliver`.
"""
