"""test_net_devices.py - linux.netDevices: devices of the host's network namespace come along

The runtime's own network namespace is one to throw away, so that no device of the real host is
touched.
"""

import json
import re
import subprocess

import pytest

from harness.needs import needs

pytestmark = needs("root")


class Network:
    """a network namespace, held by a process"""

    def __init__(self):
        self.holder = subprocess.Popen(["unshare", "--net", "--kill-child", "sh", "-c",
                                        "echo ready; exec sleep 1000"],
                                       stdout=subprocess.PIPE, text=True)
        assert self.holder.stdout.readline() == "ready\n"
        self.path = f"/proc/{self.holder.pid}/ns/net"

    def __call__(self, *command):
        return in_network(self.path, *command)

    def close(self):
        self.holder.kill()
        self.holder.wait()
        self.holder.stdout.close()


def in_network(path, *command):
    return subprocess.run(["nsenter", f"--net={path}", *command], check=True, text=True,
                          capture_output=True).stdout


def devices(path):
    return {link["ifname"]: link for link in json.loads(in_network(path, "ip", "-json", "addr"))}


def addresses(link, family):
    return [f"{info['local']}/{info['prefixlen']}" for info in link["addr_info"]
            if info["family"] == family and info["scope"] == "global"]


@pytest.fixture
def network(bundle, coracle):
    made = Network()
    made("ip", "link", "add", "v0", "type", "veth", "peer", "name", "peer0")
    made("ip", "link", "add", "v1", "type", "veth", "peer", "name", "peer1")
    made("ip", "link", "set", "peer0", "up")
    coracle.prefix = ["nsenter", f"--net={made.path}"]
    yield made
    made.close()


def started(bundle):
    """a running container, and its network namespace"""
    container = bundle.start()
    return container, f"/proc/{container.pid}/ns/net"


@pytest.mark.parametrize("entry, name", [({}, "v0"), ({"name": ""}, "v0"), ({"name": "eth0"}, "eth0"),
                                         ({"name": "eth%d"}, "eth0"),
                                         ({"name": "a-name-of-15-by"}, "a-name-of-15-by")])
@pytest.mark.parametrize("user", [False, True])
def test_it_is_moved_and_renamed_and_up(bundle, network, entry, name, user):
    if user:
        bundle.map_ids(100000)
    bundle.linux["netDevices"] = {"v0": entry}
    mac = devices(network.path)["v0"]["address"]
    container, path = started(bundle)
    inside, outside = devices(path), devices(network.path)
    container.remove()
    assert set(inside) == {"lo", name}
    assert "UP" in inside[name]["flags"]
    assert inside[name]["address"] == mac
    assert "v0" not in outside


def test_permanent_global_addresses_are_kept_and_no_others(bundle, network):
    network("ip", "link", "set", "v0", "mtu", "1400")
    for address in (["10.1.2.3/24", "broadcast", "10.1.2.255"], ["10.9.0.1", "peer", "10.9.0.2/32"],
                    ["fd00::1/64", "nodad"], ["169.254.7.7/16", "scope", "link"],
                    ["10.8.0.1/24", "valid_lft", "1000", "preferred_lft", "1000"]):
        network("ip", "address", "add", *address, "dev", "v0")
    bundle.linux["netDevices"] = {"v0": {"name": "eth0"}}
    container, path = started(bundle)
    link = devices(path)["eth0"]
    container.remove()
    assert addresses(link, "inet") == ["10.1.2.3/24", "10.9.0.1/32"]
    assert addresses(link, "inet6") == ["fd00::1/64"]
    assert not any(info["local"].startswith(("169.254.", "10.8.")) for info in link["addr_info"])
    first = next(info for info in link["addr_info"] if info["local"] == "10.1.2.3")
    assert first["broadcast"] == "10.1.2.255"
    assert link["addr_info"][1]["address"] == "10.9.0.2"
    assert link["mtu"] == 1400


KINDS = {
    "dummy": ["type", "dummy"],
    "ifb": ["type", "ifb"],
    "ipvlan": ["link", "v1", "type", "ipvlan"],
    "macvlan": ["link", "v1", "type", "macvlan"],
    "tap": None,
    "vlan": ["link", "v1", "type", "vlan", "id", "5"],
    "vxlan": ["type", "vxlan", "id", "5", "dstport", "4789", "local", "127.0.0.1"],
}


def make_device(network, kind, words):
    """k0, or a skip where the kernel knows no such kind"""
    try:
        if words is None:
            network("ip", "tuntap", "add", "k0", "mode", kind)
        else:
            network("ip", "link", "add", "name", "k0", *words)
    except subprocess.CalledProcessError as failure:
        assert re.search("Unknown device type|not supported|open: No such file", failure.stderr)
        pytest.skip(f"the kernel here makes no device of the kind '{kind}': {failure.stderr.strip()}")


@pytest.mark.parametrize("kind", KINDS)
def test_devices_of_any_kind(bundle, network, kind):
    make_device(network, kind, KINDS[kind])
    network("ip", "address", "add", "10.1.2.3/24", "dev", "k0")
    network("ip", "address", "add", "fd00::1/64", "dev", "k0", "nodad")
    network("ip", "link", "set", "v1", "up")  # else one of the kind vlan cannot be
    network("ip", "link", "set", "k0", "up")
    bundle.linux["netDevices"] = {"k0": {"name": "eth0"}}
    container, path = started(bundle)
    inside = devices(path)
    details = json.loads(in_network(path, "ip", "-json", "-details", "link", "show", "eth0"))
    container.remove()
    assert set(inside) - {"lo"} == {"eth0"}
    assert addresses(inside["eth0"], "inet") == ["10.1.2.3/24"]
    assert addresses(inside["eth0"], "inet6") == ["fd00::1/64"]
    assert "UP" in inside["eth0"]["flags"]
    assert details[0]["linkinfo"]["info_kind"] == ("tun" if kind == "tap" else kind)
    assert "k0" not in devices(network.path)


def test_a_bridge_stays_with_its_ports(bundle, network):
    """the kernel moves none, and says so; where it does one day, it has to work"""
    make_device(network, "bridge", ["type", "bridge"])
    network("ip", "address", "add", "10.1.2.3/24", "dev", "k0")
    bundle.linux["netDevices"] = {"v0": {"name": "eth0"}, "k0": {"name": "eth1"}}
    error = bundle.error()
    assert error["class"] == "kernel" and "linux.netDevices.k0: move the device" in error["msg"]
    outside = devices(network.path)
    assert addresses(outside["k0"], "inet") == ["10.1.2.3/24"] and "v0" in outside


def test_it_works_as_a_network(bundle, network):
    """what is sent from outside is answered inside"""
    network("ip", "address", "add", "10.1.0.1/24", "dev", "peer0")
    network("ip", "address", "add", "10.1.0.2/24", "dev", "v0")
    bundle.linux["netDevices"] = {"v0": {"name": "eth0"}}
    container, path = started(bundle)
    answer = in_network(network.path, "python3", "-c", PING.replace("ADDRESS", "10.1.0.2"))
    container.remove()
    assert "refused" in answer


# a connection that the other end refuses was there and back
PING = """
import socket
try:
    socket.create_connection(("ADDRESS", 9), timeout=5)
except ConnectionRefusedError:
    print("refused")
"""


def test_several_that_count(bundle, network):
    bundle.linux["netDevices"] = {"v0": {"name": "net%d"}, "peer1": {"name": "net1"},
                                  "v1": {"name": "net%d"}}
    macs = {name: link["address"] for name, link in devices(network.path).items()}
    container, path = started(bundle)
    inside = {name: link["address"] for name, link in devices(path).items()}
    container.remove()
    assert inside == {"lo": macs["lo"], "net0": macs["v0"], "net1": macs["peer1"],
                      "net2": macs["v1"]}


def test_into_a_network_namespace_that_is_there(bundle, network):
    other = Network()
    bundle.set_namespace("network", other.path)
    bundle.linux["netDevices"] = {"v0": {"name": "eth0"}}
    bundle.run("exit", 0)
    left = set(devices(other.path))
    other.close()
    assert left == {"lo", "eth0"}


def test_hooks_find_it_there(bundle, network):
    saved = bundle.outside("saved")
    bundle.linux["netDevices"] = {"v0": {"name": "eth0"}}
    bundle.config["hooks"] = {"createRuntime": [{"path": "/bin/sh", "args": ["sh", "-c", (
        'pid=$(sed "s/.*\\"pid\\": *\\([0-9]*\\).*/\\1/"); '
        f'nsenter --net=/proc/$pid/ns/net ip -o link > {saved}')]}]}
    bundle.run("exit", 0)
    with open(saved, encoding="ascii") as file:
        assert "eth0" in file.read()


class TestRefused:
    @pytest.mark.parametrize("entries, path, words", [
        ({"none": {}}, "linux.netDevices.none", "No such device"),
        ({"v0": {"name": "lo"}}, "linux.netDevices.v0", "has a device 'lo' already"),
        ({"v0": {"name": "eth0"}, "v1": {"name": "eth0"}}, "linux.netDevices.v1.name",
         "name of 'v0' already"),
        ({"v0": {"name": "v1"}, "v1": {}}, "linux.netDevices.v1.name", "already"),
        ({"v0": {"name": "a-name-of-16-byt"}}, "linux.netDevices.v0.name", "no name"),
        ({"v0": {"name": "a/b"}}, "linux.netDevices.v0.name", "no name"),
        ({"v0": {"name": "a b"}}, "linux.netDevices.v0.name", "no name"),
        ({"v0": {"name": "a:b"}}, "linux.netDevices.v0.name", "no name"),
        ({"v0": {"name": ".."}}, "linux.netDevices.v0.name", "no name"),
        ({"v0": {"name": "%s"}}, "linux.netDevices.v0.name", "no name"),
        ({"v0": {"name": "%d%d"}}, "linux.netDevices.v0.name", "no name"),
        ({"v%d": {}}, 'linux.netDevices["v%d"]', "no name"),
        ({"v0.100": {}}, 'linux.netDevices["v0.100"]', "No such device"),
        ({"v0.100": {"name": "a/b"}}, 'linux.netDevices["v0.100"].name', "no name"),
        ({"x" * 70000: {}}, None, "no name"),
        ({"": {}}, 'linux.netDevices[""]', "no name"),
    ], ids=lambda value: None if isinstance(value, dict) else str(value))
    def test_names(self, bundle, network, entries, path, words):
        bundle.linux["netDevices"] = entries
        error = bundle.error()
        assert words in error["msg"]
        assert path is None or error["path"] == path
        assert {"v0", "v1", "peer0", "peer1"} <= set(devices(network.path))

    @pytest.mark.parametrize("is_alias", [False, True])
    def test_a_name_that_is_taken_in_the_namespace(self, bundle, network, is_alias):
        other = Network()
        other("ip", "link", "add", "there" if is_alias else "eth0", "type", "veth", "peer", "name",
              "peer0")
        if is_alias:
            other("ip", "link", "property", "add", "dev", "there", "altname", "eth0")
        before = devices(other.path)
        bundle.set_namespace("network", other.path)
        bundle.linux["netDevices"] = {"v1": {}, "v0": {"name": "eth0"}}
        error = bundle.error()
        after = devices(other.path)
        other.close()
        assert error["path"] == "linux.netDevices.v0"
        assert "the container has a device 'eth0' already" in error["msg"]
        assert set(before) == set(after)
        assert {"v0", "v1"} <= set(devices(network.path))

    def test_without_a_network_namespace(self, bundle, network):
        bundle.unset_namespace("network")
        bundle.linux["netDevices"] = {"v0": {}}
        assert bundle.error()["path"] == "linux.netDevices"

    def test_a_device_that_cannot_move_brings_the_others_back(self, bundle, network):
        """the loopback device belongs to its namespace"""
        network("ip", "address", "add", "10.1.2.3/24", "dev", "v0")
        network("ip", "link", "set", "v0", "up")
        bundle.linux["netDevices"] = {"v0": {"name": "eth0"}, "lo": {"name": "eth1"}}
        bundle.run_fails(r"linux\.netDevices\.lo.*move the device")
        link = devices(network.path)["v0"]
        assert addresses(link, "inet") == ["10.1.2.3/24"]
        assert "UP" in link["flags"]


@needs("program:strace")
def test_a_plain_container_asks_for_nothing(bundle, coracle, network):
    """no netDevices: no netlink"""
    trace = bundle.outside("trace")
    coracle.prefix += ["strace", "-f", "-o", trace, "-e", "trace=socket"]
    bundle.run("exit", 0)
    with open(trace, encoding="ascii") as file:
        assert "AF_NETLINK" not in file.read()
