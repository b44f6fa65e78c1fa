"""Bad input by fuzzing: each reader of what others wrote, as a function of bytes that fails on a defect alone.

targets.py       the readers, each held against another one of the same: no wrong acceptance
corpus/          inputs worth keeping, by target; the unit tests replay them
test_fuzz.py     the corpus, and hypothesis on and between its inputs
__main__.py      `make fuzz`: atheris, which looks for new ways through the code
"""
