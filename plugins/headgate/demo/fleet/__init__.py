"""A simulated fleet of IoT devices: the same seed and start give the same readings in order.

Everything but `simulation` is pure. Times are epoch milliseconds of event time.
"""
