"""What docker, yum and rpm say, as their true versions do: 18.06.3, 20.10.24, 26.1.5; yum 3.4.3; rpm 4.11.3."""
