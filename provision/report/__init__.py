"""What people and machines get to see of a run. Observers of its events; nothing here decides anything."""
