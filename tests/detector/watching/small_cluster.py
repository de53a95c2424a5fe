"""A Ray cluster of three nodes on one machine, for a test: a head that runs nothing, two that watch.

Says its address, then `dead` once it was told to kill the first node that watches; ends with its standard input.
"""

import os
import sys

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"

from ray.cluster_utils import Cluster

SMALL = {"object_store_memory": 80 * 2**20}


def main() -> None:
    cluster = Cluster(
        initialize_head=True,
        head_node_args={"num_cpus": 0, "include_dashboard": False, **SMALL},
    )
    nodes = [cluster.add_node(num_cpus=2, **SMALL) for _ in range(2)]
    print(cluster.address, flush=True)  # noqa: T201 - its only way to tell
    for _ in sys.stdin:
        cluster.remove_node(nodes.pop(0), allow_graceful=False)
        print("dead", flush=True)  # noqa: T201
    cluster.shutdown()


if __name__ == "__main__":
    main()
