"""Processes that read files of strangers: bounded in memory and time, and without secrets.

A program starts one with `BoundedProcess`; the module it names calls `serve` with a function of its own.
"""
