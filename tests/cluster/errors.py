"""Why there is no cluster."""


class ClusterError(RuntimeError):
    """Something of the cluster did not do what it should; the text tells what and where its log ends."""


class ClusterImpossible(ClusterError):
    """This machine or user cannot run one; the text tells what is missing."""


class ClusterHeld(ClusterError):
    """Another process of this machine has one; the text tells which."""
