"""dns: how names are found in this cluster's own domain, and a pod to try it from."""

from pilothouse import Chart, Values
from pilothouse_kit import ConfigMap, Pod, Resources


class DnsValues(Values):
    image: str = "registry.k8s.io/e2e-test-images/agnhost:2.39"
    """An image with dig and nslookup."""


class Dns(Chart[DnsValues]):
    def build(self) -> None:
        # kubectl exec -it dnscmd -- nslookup kubia.custom-namespace
        tool = Pod(self, "dnscmd", image=self.values.image, args=["pause"], resources=Resources("10m", "16Mi"))
        tool.waive("AVAIL001", reason="a tool for one's hands: whoever misses it applies it again")
        # What CoreDNS reads: names of this cluster's domain from the API server, all others from the node's resolver.
        ConfigMap(self, "coredns", namespace="kube-system", data={"Corefile": self.corefile()})

    def corefile(self) -> str:
        return f"""\
.:53 {{
    errors
    health {{
       lameduck 5s
    }}
    ready
    kubernetes {self.environment.cluster.domain} in-addr.arpa ip6.arpa {{
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }}
    prometheus :9153
    forward . /etc/resolv.conf {{
       max_concurrent 1000
    }}
    cache 30
    loop
    reload
    loadbalance
}}
"""
