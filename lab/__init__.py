"""Real disposable CentOS-7-like hosts, a package mirror and a registry mirror, on one machine without a hypervisor.

Reading order:

- `cli`       the commands of `python -m lab`
- `lab`       Lab and LabHost, what tests and the demo use
- `state`     what a lab writes down about itself, and the sweep of labs whose owner died
- `host`      one host: overlay, boot, stop, power cut, snapshot, restore
- `network`   the namespace, the bridge and the way in from the machine's own shell
- `cgroups`   a control group for each host, and the end of all that runs in it
- `rootfs`    the hosts' common file system, built once and dressed as CentOS 7.9 (`el7/` holds what lands on it)
- `rpms`, `payload`, `mirror`, `images`, `registry`, `services`, `keys`   packages and images, and who serves them
- `cache`     artifacts kept under a key made of their inputs
- `apt`       the machine's own packages
"""
