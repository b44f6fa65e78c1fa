"""Programs that run on the host itself, with nothing but Python: they are fed to its `python3`."""
