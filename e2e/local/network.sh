# shellcheck shell=bash
# The cluster's network: one namespace, a veth pair to the host, one line in /etc/hosts.

NETNS=osi
HOST_LINK=osi-host
HOST_ADDRESS=10.99.0.1
NODE_ADDRESS=10.99.0.2
NODE_NAME=osi-node
POD_RANGE=10.88.0.0/24
SERVICE_RANGE=10.96.0.0/16
HOSTS_MARK='# osimage-e2e'

network_up() {
  ip netns add "$NETNS"
  ip link add "$HOST_LINK" type veth peer name eth0 netns "$NETNS"
  ip addr add "$HOST_ADDRESS/30" dev "$HOST_LINK"
  ip link set "$HOST_LINK" up
  ip -n "$NETNS" link set lo up
  ip -n "$NETNS" addr add "$NODE_ADDRESS/30" dev eth0
  ip -n "$NETNS" link set eth0 up
  # No default route on purpose: no packet of the cluster can leave the machine.
  ip -n "$NETNS" route add "$SERVICE_RANGE" dev eth0
  ip route add "$POD_RANGE" via "$NODE_ADDRESS"
  in_netns sysctl -q -w net.ipv4.ip_forward=1
  hosts_add
}

network_down() {
  # Deleting the host's end first also ends a pair whose namespace a process still holds.
  if ip link show "$HOST_LINK" >/dev/null 2>&1; then ip link delete "$HOST_LINK"; fi
  if [[ -e /run/netns/$NETNS ]]; then ip netns delete "$NETNS"; fi
  # "ip netns" mounts this folder when it makes the first namespace.
  if [[ -d /run/netns && -z $(ls -A /run/netns) ]]; then
    umount /run/netns 2>/dev/null || true
    rmdir /run/netns 2>/dev/null || true
  fi
  hosts_remove
}

# Not "ip netns exec": that mounts a new /sys, in which kubelet finds no cgroups.
in_netns() {
  nsenter --net="/run/netns/$NETNS" -- "$@"
}

# The API server, in the namespace, looks the node's name up to reach kubelet there.
hosts_add() {
  # The file may end without a newline.
  if [[ -n $(tail -c 1 /etc/hosts) ]]; then echo >>/etc/hosts; fi
  printf '127.0.0.1 %s %s\n' "$NODE_NAME" "$HOSTS_MARK" >>/etc/hosts
}

# Written in place: in a container /etc/hosts is a mount, which no rename can replace.
hosts_remove() {
  local rest
  grep -q "$HOSTS_MARK\$" /etc/hosts || return 0
  rest=$(grep -v "$HOSTS_MARK\$" /etc/hosts || true)
  printf '%s\n' "$rest" >/etc/hosts
}
