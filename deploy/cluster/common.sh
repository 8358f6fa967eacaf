# shellcheck shell=bash disable=SC2034
# What the scripts of this folder share: each sources it.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
script=$(cd "$(dirname "$0")" && echo "deploy/${PWD##*/}/${0##*/}")
network=10.77.0

fail() {
    echo "$script: $*" >&2
    exit 1
}

# All clusters of this user: a private folder each, with what is known of it.
clusters() {
    find "${TMPDIR:-/tmp}" -maxdepth 1 -type d -user "$(id -u)" -name 'omnicache-cluster.??????'
}

# Whether a cluster's launcher still runs; a process identifier alone may be another process's by now.
is_up() {
    local pid
    pid=$(cat "$1/pid" 2>/dev/null) && [ "$(readlink "/proc/$pid/ns/net")" = "$(cat "$1/net")" ]
}

# Prints the cluster that is meant: $OMNICACHE_CLUSTER, or the only one.
cluster() {
    if [ -n "${OMNICACHE_CLUSTER:-}" ]; then
        [[ $OMNICACHE_CLUSTER = */omnicache-cluster.?????? ]] ||
            fail "OMNICACHE_CLUSTER=$OMNICACHE_CLUSTER is no folder that 'up' has made"
        echo "$OMNICACHE_CLUSTER"
        return
    fi
    local found
    mapfile -t found < <(clusters)
    case ${#found[@]} in
        0) fail "no cluster is up: start one with deploy/cluster/up 3" ;;
        1) echo "${found[0]}" ;;
        *) fail "several clusters are up: name one, as in OMNICACHE_CLUSTER=${found[0]}" ;;
    esac
}
