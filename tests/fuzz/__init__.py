"""Fuzzing: laws that hold for any bytes, seeds to start from, and two ways to look for more.

`tests/test_fuzz.py` runs every law on seeds that hypothesis disturbs. By hand, for as long as one
likes and guided by what code is reached: ``make fuzz TARGET=markdown SECONDS=600``.
"""
