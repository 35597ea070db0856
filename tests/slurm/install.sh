#!/usr/bin/env bash
# SLURM as Debian and Ubuntu pack it, unless it is there already. Nothing is started and nothing configured.
set -euo pipefail
packages=(munge slurmctld slurmd slurm-client)
missing=()
for command in munged slurmctld slurmd sbatch; do
    command -v "$command" >/dev/null || missing+=("$command")
done
if [ ${#missing[@]} -eq 0 ]; then
    exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
    echo "make test-slurm: ${missing[*]} not found; as root: apt-get install --no-install-recommends ${packages[*]}" >&2
    exit 1
fi
if ! command -v apt-get >/dev/null; then
    echo "make test-slurm: ${missing[*]} not found, and no apt-get to install them with; install SLURM and munge" >&2
    exit 1
fi
apt-get update -q
# Services that the packages bring must not start: the tests run daemons of their own.
DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y --no-install-recommends "${packages[@]}"
