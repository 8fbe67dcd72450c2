"""Write a Jackfield connector in Python: `problem` is every failure, `web` is HTTP, `values` reads
JSON without loss.

Settings, the time, storage and the log are in `wit_world.imports`, as the contract has them.
"""
