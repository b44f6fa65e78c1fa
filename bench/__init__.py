"""How long things take: each module is a program that measures and prints."""
