"""Real disposable hosts like CentOS 7, a package mirror and a registry mirror, without a hypervisor.

Reading order:

- `cli`       the commands of `python -m lab`
- `lab`       Lab, what tests and the demo use
- `host`      LabHost: boot, stop, power cut, commands, snapshot, restore
- `disk`      a host's layers on the common file system
- `identity`  what makes a host itself, whatever is restored
- `access`    the ssh_config, known_hosts and key that open the hosts
- `network`   the namespace, the bridge and the way in from the machine's own shell
- `cgroups`   a control group for each host, and the end of all that runs in it
- `limits`    what the machine allows, raised while there are labs
- `state`     what a lab writes down about itself
- `cleanup`   the end of a lab, also of one whose owner was killed
- `rootfs`    the hosts' common file system, dressed as CentOS 7.9 (`el7/` holds what lands on it)
- `debian`    what is dressed: a plain minimal system
- `rpms`, `payload`, `images`, `mirror`, `registry`, `services`, `keys`   packages, images, and who serves them
- `cache`     artifacts kept under a key made of their inputs
- `apt`, `process`   the machine's own packages and programs
"""
