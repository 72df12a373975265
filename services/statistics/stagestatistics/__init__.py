"""Sums over the instances of each stage, in windows of time, on Faust.

The package is not called as the service is: Python has a `statistics` of its own.
"""
