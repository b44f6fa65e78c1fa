"""The lab's suite on virtual machines by Vagrant, and what only a machine with a kernel of its own can show."""
