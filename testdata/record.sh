#!/usr/bin/env bash
# Records testdata/pcaps/real-*.pcap: what two Linux kernels say to each other over a veth pair. Needs root, ip, tcpdump,
# ping, socat. The captures are recorded once and kept; after recording others, run make golden and read what changed.
set -euo pipefail
cd "$(dirname "$0")/pcaps"

a=smoltcp-record-a b=smoltcp-record-b
cleanup() {
	for ns in $a $b; do
		ip netns pids $ns 2>/dev/null | xargs -r kill 2>/dev/null || true
		ip netns del $ns 2>/dev/null || true
	done
}
log=$(mktemp)
trap 'cleanup; rm -f "$log"' EXIT
cleanup

ip netns add $a
ip netns add $b
ip -n $a link add eth0 address 02:00:00:00:00:64 type veth peer name eth0 netns $b address 02:00:00:00:00:01
in_a() { ip netns exec $a "$@"; }
in_b() { ip netns exec $b "$@"; }
for ns in $a $b; do
	# The kernels finish their checksums, and send what a wire would carry.
	ip netns exec $ns ethtool -K eth0 tx off rx off tso off gso off gro off >/dev/null 2>&1 || true
	ip netns exec $ns sysctl -qw net.ipv6.conf.eth0.dad_transmits=1
	ip -n $ns link set lo up
done

# record NAME FILTER COMMANDS...: runs the commands while tcpdump records at a.
record() {
	local name=$1 filter=$2
	shift 2
	ip netns exec $a tcpdump --immediate-mode -Z root -q -n -i eth0 -U -s 0 -w "$name.pcap" $filter 2>"$log" &
	local dump=$!
	until grep -q listening "$log"; do sleep 0.1; done
	"$@"
	sleep 0.5
	kill $dump
	wait $dump || true
	echo "$name: $(tcpdump -n -r "$name.pcap" 2>/dev/null | wc -l) packets, $(stat -c %s "$name.pcap") bytes"
}

up() {
	ip -n $a addr add 192.168.69.100/24 dev eth0
	ip -n $b addr add 192.168.69.1/24 dev eth0
	ip -n $b link set eth0 up
	ip -n $a addr add 2001:db8::64/64 dev eth0
	ip -n $b addr add 2001:db8::1/64 dev eth0
	sleep 3
}
ip -n $a link set eth0 up

pings() {
	in_a ping -c 2 -i 0.2 192.168.69.1
	in_a ping -c 2 -i 0.2 2001:db8::1
	in_a ping -c 1 -s 3000 192.168.69.1
	in_a ping -c 1 -s 3000 2001:db8::1
	in_a ping -c 1 -R 192.168.69.1
	in_a ping -c 1 -T tsandaddr 192.168.69.1
	in_a ping -c 1 -W 1 192.168.69.77 || true # nobody answers ARP
} &>/dev/null

tcp() {
	in_b socat -u TCP-LISTEN:6969,reuseaddr OPEN:/dev/null &
	sleep 0.3
	head -c 20000 /dev/zero | tr '\0' 'x' | in_a socat -u - TCP:192.168.69.1:6969
	wait %2 2>/dev/null || true
	in_b socat TCP6-LISTEN:6969,reuseaddr EXEC:'rev' &
	sleep 0.3
	echo abcdefg | in_a socat -t 1 - 'TCP6:[2001:db8::1]:6969'
	in_a socat - TCP:192.168.69.1:7777 </dev/null 2>/dev/null || true # refused
	in_a socat - 'TCP6:[2001:db8::1]:7777' </dev/null 2>/dev/null || true
} &>/dev/null

udp() {
	in_b socat UDP-LISTEN:6969,fork SYSTEM:"read x; echo yo dawg" &
	sleep 0.3
	echo hello | in_a socat -t 0.5 - UDP:192.168.69.1:6969
	head -c 4000 /dev/zero | in_a socat -u -b 4000 - UDP:192.168.69.1:6969 # in fragments
	sleep 0.3
	echo anybody | in_a socat -u - UDP:192.168.69.1:7777 # unreachable
	echo anybody | in_a socat -u - 'UDP6:[2001:db8::1]:7777'
	sleep 0.2
} &>/dev/null

record real-link-up "" up
record real-ping "" pings
record real-tcp "tcp" tcp
record real-udp "" udp
